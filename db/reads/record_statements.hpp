#pragma once

#include "atproto/records/collection.hpp"
#include "db/pg/statement.hpp"

#include <string>

/// The SQL by which records are given back: one statement for each collection.
namespace prism::db {

/// The records of one collection at the paths ($1 DIDs, $2 rkeys), one row for each that exists,
/// with `at`, the place of its path in the arrays, from 1. Then cid, whether the records up to this
/// one have at most $3 bytes, record, commit_time, created_at; and the columns of which the record
/// is rebuilt if `record` is null (stored_records.cpp reads them). Plan: primary keys, path by
/// path; users_did_key, and the unique key of uris where a record is kept by uri. Null for
/// `collection::other`.
[[nodiscard]] const statement* records_statement(atproto::collection kind) noexcept;

/// The DID and rkey of every record of a collection, parked ones included; reads the whole table.
[[nodiscard]] std::string record_paths_sql(atproto::collection kind);

} // namespace prism::db
