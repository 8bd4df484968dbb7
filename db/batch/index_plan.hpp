#pragma once

#include "db/batch/batch.hpp"

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::db {

/// A version that came and went within one batch.
struct superseded_version {
  const op* what;
  micros until; ///< time of the operation that ended it
};

/// What a batch does to one record, however many operations it has on it.
struct planned_path {
  did_ref creator{no_ref};
  uri_ref self{no_ref};
  std::string_view rkey;
  /// An older version, if there is one, has to go first.
  bool remove_old{false};
  /// The version that stays; null if the record is gone in the end.
  const op* put{nullptr};
  /// Time of the first operation: when the older version ended.
  micros first_time{0};
  /// Versions that came and went within the batch, in order; only of what is kept as history.
  std::vector<superseded_version> superseded;
};

/// The net work of a batch, by collection, in the order of first appearance. Points into the batch.
struct index_plan {
  std::array<std::vector<planned_path>, atproto::collection_count> paths;
  /// All operations on profiles and verifications, in order: what these tell is never taken back,
  /// so it depends on every step and not only on what is left in the end.
  std::vector<const op*> ordered_ops;
  /// Operations left out because their commit is not newer than what is stored.
  std::size_t stale{0};

  [[nodiscard]] std::vector<planned_path>& of(atproto::collection kind) {
    return paths[static_cast<std::size_t>(kind)];
  }
};

/// Last stored revision of each repo; a repo that is absent has none.
using known_revs = std::unordered_map<did_ref, std::string>;

/// Drops operations of commits that are not newer than the stored revision (sync spec: "rev must
/// increase"), so that a replay of any range changes nothing, and folds the rest to one step per
/// path.
[[nodiscard]] index_plan make_plan(const batch& of, const known_revs& revs);

} // namespace prism::db
