#pragma once

#include "db/index/pending.hpp"
#include "db/pg/transaction.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// What work on the tables reports about itself.
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
  std::uint32_t stale{0};                ///< operations of commits that were known already
  std::vector<pending_change> pending;   ///< into pending_ops and out of it, in order
  std::uint32_t purged{0};               ///< records of deleted accounts
  std::vector<refused_part> quarantined; ///< what the database refused (db/dead_letters/bisect.hpp)
  bool already_applied{false};           ///< the cursor was there before: nothing was done

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
  std::optional<apply_report> unconfirmed;
};

/// Runs `work` as a transaction; sets `unconfirmed` if the answer to its COMMIT is lost, unless it
/// found that there was nothing left to do.
[[nodiscard]] outcome<apply_report>
run_reporting(connection& on, const tx_options& options, std::optional<apply_report>& unconfirmed,
              const std::function<outcome<apply_report>(tx&)>& work);

} // namespace prism::db
