#pragma once

#include "db/index/pending.hpp"
#include "db/pg/transaction.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// What transactions on the tables report.
namespace prism::db {

/// A row that was put into dead_letters.
struct refused_part {
  std::string path; ///< collection/rkey; empty: the whole frame
  std::string reason;
  std::string sqlstate;
};

/// The work of one batch, for metrics and logs.
struct apply_report {
  /// Records written or deleted, by collection and by `op_action`.
  std::array<std::array<std::uint32_t, 3>, atproto::collection_count> ops{};
  std::uint32_t stale{0};                ///< operations of commits that are indexed already
  std::vector<pending_change> pending;   ///< into pending_ops and out of it, in order
  std::uint32_t purged{0};               ///< records of deleted accounts
  std::vector<refused_part> quarantined; ///< what PostgreSQL rejected (db/dead_letters/bisect.hpp)
  bool already_applied{false};           ///< the cursor had been there: nothing was done

  /// Adds the work of another transaction.
  void add(apply_report other);
};

/// The work of a call that failed in the end, so that counters are complete.
struct partial_report {
  /// Committed before the failure.
  apply_report done;
  /// Of the batch's own transaction, if the answer to its COMMIT was lost
  /// (`error_class::commit_unknown`): it was committed if the next try finds the batch
  /// `already_applied`.
  std::optional<apply_report> unconfirmed;
};

/// Runs `work` as a transaction; sets `unconfirmed` if the answer to its COMMIT is lost, unless
/// `work` found the batch already applied.
[[nodiscard]] outcome<apply_report>
run_reporting(connection& on, const tx_options& options, std::optional<apply_report>& unconfirmed,
              const std::function<outcome<apply_report>(tx&)>& work);

} // namespace prism::db
