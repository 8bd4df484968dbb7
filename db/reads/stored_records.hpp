#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/records/collection.hpp"
#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"

#include <functional>
#include <string>

namespace prism::db {

/// A record as it was received, given back by what is stored.
struct stored_record {
  atproto::collection kind{atproto::collection::other};
  std::string did;
  std::string rkey;
  std::string cid; ///< as stored beside the record
  bytes block;     ///< kept, or rebuilt from the columns
};

/// Visits every record of one collection, parked ones included. Reads the whole table: for audits,
/// exports and tests, not for requests.
/// @returns the first database error, or the first record that cannot be rebuilt as `fatal`.
[[nodiscard]] outcome<void>
for_each_stored_record(executor& on, atproto::collection kind,
                       const std::function<void(const stored_record&)>& visit);

} // namespace prism::db
