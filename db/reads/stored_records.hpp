#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/records/collection.hpp"
#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"

#include <functional>
#include <string>

namespace prism::db {

/// A record as it was received, from what is stored.
struct stored_record {
  atproto::collection kind{atproto::collection::other};
  std::string did;
  std::string rkey;
  std::string cid; ///< as stored beside the record
  bytes block;     ///< CBOR: stored, or rebuilt from the columns

  /// Whether `cid` is that of `block`.
  [[nodiscard]] bool has_its_cid() const;
};

/// Calls `visit` for every record of one collection, including parked ones. Reads the whole table:
/// for audits, exports and tests.
/// @returns the first database error; or, for the first record that cannot be rebuilt, a `fatal`
/// error.
[[nodiscard]] outcome<void>
for_each_stored_record(executor& on, atproto::collection kind,
                       const std::function<void(const stored_record&)>& visit);

} // namespace prism::db
