#pragma once

#include "db/batch/batch.hpp"

#include <algorithm>
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
  /// Delete an older version first, if there is one from before `remove_before`.
  bool remove_old{false};
  /// For a record that is created behind its account's deletion, which is not carried out yet: the
  /// deletion's place, at which the older version ended. A later version stays.
  stream_place remove_before{end_of_places};
  /// The version to insert; null if the batch ends with the record deleted.
  const op* put{nullptr};
  /// Place of the first operation.
  stream_place first_place{0};
  micros first_time{0}; ///< its commit_time
  /// Place of the last operation.
  stream_place last_place{0};
  /// Versions that were written and replaced within the batch, in order; only of collections with a
  /// history.
  std::vector<superseded_version> superseded;

  /// @returns the place at which the older version ended
  [[nodiscard]] stream_place old_ended_at() const { return std::min(first_place, remove_before); }
};

/// The net work of a batch, by collection, in the order of first appearance. Points into the batch.
struct index_plan {
  std::array<std::vector<planned_path>, atproto::collection_count> paths;
  /// All operations on profiles and verifications, in order: their notifications are never
  /// retracted, so each operation counts, not only the last one.
  std::vector<const op*> ordered_ops;
  /// Deletions of accounts: those of the batch, and the stored ones that wait for confirmation.
  std::unordered_multimap<did_ref, stream_place> deletions;
  /// Refused operations that no later operation of the batch on their record follows: the last one
  /// of each record. Of commits that are newer than the stored one, as all operations here.
  std::vector<const refused_op*> refused;
  /// Operations left out because their commit is not newer than the stored one.
  std::size_t stale{0};

  /// @returns the place of the last deletion of the account before `place`; 0 if there is none.
  [[nodiscard]] stream_place last_deletion(did_ref account, stream_place place) const;

  [[nodiscard]] std::vector<planned_path>& of(atproto::collection kind) {
    return paths[static_cast<std::size_t>(kind)];
  }
};

/// What is stored of a repo.
struct known_repo {
  std::string rev; ///< the last one; empty: every commit is newer
  /// Place of a deletion of its account that waits for confirmation; 0 if there is none.
  stream_place waiting_deletion{0};
};

/// Those that are absent have none.
using known_repos = std::unordered_map<did_ref, known_repo>;

/// Drops operations of commits that are not newer than the stored revision, or than an earlier
/// commit or sync of the repo in the batch (sync spec: "rev must increase"). So a replay of any
/// range changes nothing, and the result does not depend on how the stream is cut into batches.
/// Folds the rest to one step per path. A record that is created behind its account's deletion
/// replaces what the deletion, not carried out yet, has left at its path.
[[nodiscard]] index_plan make_plan(const batch& of, const known_repos& repos);

} // namespace prism::db
