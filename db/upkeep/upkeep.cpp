#include "db/upkeep/upkeep.hpp"

#include "db/index/progress.hpp"

#include <algorithm>
#include <array>

namespace prism::db {

namespace {

// Index: primary key.
const statement holds_lease{"holds_lease", R"sql(
  SELECT FROM leases
  WHERE name = 'writer ' || $1::text AND holder = $2 AND epoch = $3
)sql"};

/// Limits of one batch, and of its wait for a lock. A batch that needs more gives up.
constexpr std::chrono::milliseconds max_batch_time{5'000};
constexpr std::chrono::milliseconds max_lock_wait{1'000};

using batch_function = outcome<upkeep_report> (*)(executor&, const upkeep_job&);
constexpr std::array<batch_function, upkeep_tasks> batches{
    sweep_sessions,        sweep_oauth_states, sweep_pending_ops, sweep_history,
    sweep_refused_records, audit_orphans,      audit_counts};

} // namespace

std::string_view to_string(upkeep_task task) noexcept {
  constexpr std::array<std::string_view, upkeep_tasks> names{
      "sessions", "oauth_states", "pending_ops", "history", "refused_records", "orphans", "counts"};
  return names[static_cast<std::size_t>(task)];
}

outcome<upkeep_report> run_upkeep(connection& on, tx_options options, const upkeep_job& job) {
  options.deadline = std::min(options.deadline, max_batch_time);
  options.lock_timeout = std::min(options.lock_timeout, max_lock_wait);
  return transaction::run(on, options, [&](tx& inside) -> outcome<upkeep_report> {
    params p;
    p.text(job.service).text(job.node).int8(job.epoch);
    const auto held = inside.exec_prepared(holds_lease, p);
    if (!held)
      return tl::unexpected(held.error());
    if (held->empty())
      return tl::unexpected(db_error{error_class::fatal, std::string{fenced_state},
                                     fmt::format("node {} does not lead {} with epoch {} any more",
                                                 job.node, job.service, job.epoch),
                                     holds_lease.name});
    return batches[static_cast<std::size_t>(job.task)](inside, job);
  });
}

} // namespace prism::db
