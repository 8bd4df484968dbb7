#pragma once

#include "db/batch/batch.hpp"

#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace prism::db {

/// A version that was written and replaced within one batch.
struct superseded_version {
  const op* what;
  stream_place until; ///< place of the operation that ended it
  micros ended_at;    ///< that operation's commit_time
};

/// What a batch does to one record, however many operations it has on it.
struct planned_path {
  did_ref creator{no_ref};
  uri_ref self{no_ref};
  std::string_view rkey;
  /// Delete an older version first, if there is one.
  bool remove_old{false};
  /// The version to insert; null if the batch ends with the record deleted.
  const op* put{nullptr};
  /// Place of the first operation: the end of the older version.
  stream_place first_place{0};
  micros first_time{0}; ///< its commit_time
  /// Place of the last operation.
  stream_place last_place{0};
  /// Versions that were written and replaced within the batch, in order; only of collections with a
  /// history.
  std::vector<superseded_version> superseded;
};

/// The net work of a batch, by collection, in the order of first appearance. Points into the batch.
struct index_plan {
  std::array<std::vector<planned_path>, atproto::collection_count> paths;
  /// All operations on profiles and verifications, in order: their notifications are never
  /// retracted, so each operation counts, not only the last one.
  std::vector<const op*> ordered_ops;
  /// Deletions of accounts among the batch's events, in order.
  std::vector<std::pair<did_ref, stream_place>> deletions;
  /// Refused operations that no later operation of the batch on their record follows: the last one
  /// of each record. Of commits that are newer than the stored one, as all operations here.
  std::vector<const refused_op*> refused;
  /// Operations left out because their commit is not newer than the stored one.
  std::size_t stale{0};

  [[nodiscard]] std::vector<planned_path>& of(atproto::collection kind) {
    return paths[static_cast<std::size_t>(kind)];
  }
};

/// Last stored revision of each repo; a repo that is absent has none.
using known_revs = std::unordered_map<did_ref, std::string>;

/// Drops operations of commits that are not newer than the stored revision, or than an earlier
/// commit or sync of the repo in the batch (sync spec: "rev must increase"). So a replay of any
/// range changes nothing, and the result does not depend on how the stream is cut into batches.
/// Folds the rest to one step per path.
[[nodiscard]] index_plan make_plan(const batch& of, const known_revs& revs);

} // namespace prism::db
