#pragma once

#include "atproto/records/records.hpp"
#include "core/error.hpp"
#include "db/batch/batch.hpp"

namespace prism::db {

/// Fills an op's columns from its record: interns what it refers to, normalises dates, and keeps
/// the block's bytes where the columns would not give them back.
/// @param target creator, kind and rkey are set already.
/// @param did the creator's DID.
/// @param root the block's top node, valid by its lexicon where the collection has one.
/// @returns `errc::invalid` if an indexing rule forbids the record (a gate of somebody else's post,
/// an item of somebody else's list) or a field cannot be read.
[[nodiscard]] expected<void> fill_row(op& target, std::string_view did,
                                      const atproto::cbor_node& root, ref_tables& refs);

} // namespace prism::db
