#pragma once

#include "atproto/records/collection.hpp"
#include "db/pg/statement.hpp"

#include <optional>

/// The SQL by which records are given back: one statement for each collection.
namespace prism::db {

/// How the records of a collection are found.
struct record_look_up {
  /// $1 is the most bytes that a record may have; then $2 uris.ids, or $2 the creators' users.ids
  /// and $3 rkeys. One row for each record that exists, with `at`, the place in the arrays, from 1.
  /// Then cid, the record's bytes, the record if it has not more than $1, commit_time, created_at;
  /// and the columns of which the record is rebuilt if `record` is null (stored_records.cpp reads
  /// them). Plan: primary keys, record by record. Null for `collection::other`.
  const statement* records{nullptr};
  /// No parameters. One row for each record of the collection, parked ones included, in any order:
  /// the creator's DID and the rkey. It reads the whole table, so it is for tools and tests.
  const statement* paths{nullptr};
  /// The collection of the uris if records are kept by their ids; else by creator and rkey. A gate
  /// has the rkey of its post, and is kept by the post's uri.
  std::optional<atproto::collection> of_uri{};
};
[[nodiscard]] record_look_up look_up_of(atproto::collection kind) noexcept;

} // namespace prism::db
