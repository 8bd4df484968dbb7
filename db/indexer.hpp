#pragma once

#include "db/batch.hpp"
#include "db/connection.hpp"
#include "db/pending.hpp"
#include "db/transaction.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace prism::db {

/// What was put into dead_letters.
struct refused_part {
  std::string path; ///< collection/rkey; empty: the whole frame
  std::string reason;
  std::string sqlstate;
};

/// What one batch did, for metrics and logs.
struct apply_report {
  /// Records written or deleted, by collection and by `op_action`.
  std::array<std::array<std::uint32_t, 3>, atproto::collection_count> ops{};
  std::uint32_t stale{0};              ///< operations of commits that were known already
  std::vector<pending_change> pending; ///< into pending_ops and out of it, in order
  std::uint32_t purged{0};             ///< records of deleted accounts
  std::vector<refused_part> put_aside; ///< what the database refused (db/sparing.hpp)
  bool already_applied{false};         ///< the cursor was there before: nothing was done

  /// Adds what another transaction did.
  void add(apply_report other);
};

/// What a call that failed has done all the same, so that counters miss nothing.
struct partial_report {
  /// Committed before it failed.
  apply_report done;
  /// Of the batch's own transaction, if the answer to its COMMIT was lost
  /// (`error_class::commit_unknown`): carried out if the next try finds the batch
  /// `already_applied`.
  std::optional<apply_report> unsure;
};

/// Applies a batch whose `user_ids` are filled: rows, counts, feed items, notifications, parked
/// operations, repo heads and the shard's cursor in one transaction, exactly once in effect however
/// often it is called.
///
/// The order inside is fixed, and keys are sorted, so that batches of different shards do not
/// deadlock: cursor, locks on posts, deletes, inserts, counts (docs/ARCHITECTURE.md, "One batch");
/// locks on posts that are needed later than that are waited for briefly and taken in their turn at
/// the next try (`tx::late_locks`).
/// Blocks; the connection's thread.
/// @param partial filled when it fails.
/// @returns an error whose sqlstate is `fenced_state` (db/progress.hpp) if another writer has a
/// newer epoch.
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of, partial_report& partial);
[[nodiscard]] outcome<apply_report> apply_batch(connection& on, const tx_options& options,
                                                const batch& of);

/// Runs `work` as a transaction; sets `unsure` if the answer to its COMMIT is lost, unless it found
/// that there was nothing left to do.
[[nodiscard]] outcome<apply_report>
run_reporting(connection& on, const tx_options& options, std::optional<apply_report>& unsure,
              const std::function<outcome<apply_report>(tx&)>& work);

/// Which operations are not known already (sync spec: "rev must increase").
enum class fresh {
  newer,      ///< those of commits newer than what is stored of their repo
  same_commit ///< also those of the newest commit that is stored: they were left out of it
};

/// The same inside a transaction of the caller, who holds the shard's cursor, of a batch whose
/// `last_seq` is 0: no cursor is moved. Operations that are known already are left out as ever
/// (`apply_report::stale`).
[[nodiscard]] outcome<apply_report> apply_again(tx& inside, const batch& of,
                                                const std::vector<std::int64_t>& uri_ids,
                                                fresh what = fresh::newer);

} // namespace prism::db
