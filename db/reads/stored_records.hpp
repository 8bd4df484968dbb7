#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/records/collection.hpp"
#include "db/batch/batch.hpp"
#include "db/reads/session.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Records as they were received, from what is stored: the block, or its columns
/// (db/batch/rebuild.hpp).
namespace prism::db {

/// Where a record is, in the collection that is asked for.
struct record_path {
  std::string_view did;
  std::string_view rkey;
};

/// What the indexer knows of a post beside its record.
struct post_flags {
  bool violates_thread_gate{false};
  bool violates_embedding_rules{false};
  bool has_thread_gate{false};
  bool has_post_gate{false};
};

/// A record that was found.
struct found_record {
  std::size_t at{0}; ///< index of its path among those asked for
  std::string cid;   ///< as stored beside the record
  micros commit_time{0};
  std::optional<micros> created_at; ///< empty: the collection has none, or the record says none
  bytes block;                      ///< CBOR
  post_flags flags;                 ///< of a post
  std::int64_t size{0};             ///< as stored (db/reads/answer_limit.hpp)
  /// The block is missing, because all records together were too large
  /// (db/reads/answer_limit.hpp).
  bool left_out{false};
};

/// Most paths of one call.
inline constexpr std::size_t max_record_paths = 10'000;

/// The records at these paths, parked ones included, in any order. One statement, with a lookup by
/// key for each path; one more for names that are not in the session's cache, and one for large
/// records. A path that is asked for twice is looked up twice. A row that cannot be rebuilt, which
/// is an error of Prism or of the storage, is left out, and a line in the log names it.
/// @param paths at most `max_record_paths`, the others are not looked up; DID and rkey without NUL
[[nodiscard]] outcome<std::vector<found_record>>
records_at(reads::session& on, atproto::collection kind, std::span<const record_path> paths);

struct stored_record {
  atproto::collection kind{atproto::collection::other};
  std::string did;
  std::string rkey;
  std::string cid; ///< as stored beside the record
  bytes block;     ///< CBOR: stored, or rebuilt from the columns

  /// Whether `cid` is that of `block`.
  [[nodiscard]] bool has_its_cid() const;
};

/// Calls `visit` for every record of one collection, including parked ones. Reads the whole table,
/// path by path: for audits, exports and tests. Records that come or go meanwhile may be missed.
/// @returns the first database error; or, for the first record that cannot be rebuilt, a `fatal`
/// error.
[[nodiscard]] outcome<void>
for_each_stored_record(executor& on, atproto::collection kind,
                       const std::function<void(const stored_record&)>& visit);

} // namespace prism::db
