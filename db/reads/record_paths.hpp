#pragma once

#include "atproto/records/collection.hpp"
#include "db/pg/statement.hpp"

/// The SQL that lists the records of a collection.
namespace prism::db {

/// A statement without parameters. One row for each record of the collection, parked ones included,
/// in any order: the creator's DID and the rkey. It reads the whole table, so it is for tools and
/// tests.
/// @returns null for `collection::other`
[[nodiscard]] const statement* record_paths_of(atproto::collection kind) noexcept;

} // namespace prism::db
