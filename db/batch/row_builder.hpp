#pragma once

#include "atproto/records/records.hpp"
#include "db/batch/batch.hpp"

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace prism::db {

/// Why a record that its lexicon allows is not indexed.
struct row_rejection {
  enum class reason_code {
    bad_record,         ///< a field cannot be read
    gate_of_other_post, ///< a gate's repo and rkey are not those of its post
    list_of_other_repo, ///< an item of another account's list
    uri_too_long,       ///< longer than the index of `uris` can hold
  };
  reason_code reason{reason_code::bad_record};
  std::string message; ///< for the log
};

/// The name of a reason, for logs and metrics: "gate_of_other_post".
[[nodiscard]] std::string_view to_string(row_rejection::reason_code reason) noexcept;

/// Fills an op's columns from its record: interns the DIDs and uris in it, normalises dates, and
/// keeps the block if the columns cannot rebuild it.
/// @param target has creator, kind and rkey.
/// @param did the creator's DID.
/// @param root the record's top node, valid by its lexicon where the collection has one.
/// @param block the record as it came, which `root` may be a repaired copy of.
[[nodiscard]] tl::expected<void, row_rejection> fill_row(op& target, std::string_view did,
                                                         const atproto::cbor_node& root,
                                                         std::span<const std::byte> block,
                                                         ref_tables& refs);

} // namespace prism::db
