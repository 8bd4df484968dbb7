#include "db/jobs/jobs.hpp"

#include "db/index/users.hpp"

namespace prism::db {

namespace {

template <class T>
[[nodiscard]] job_outcome widen(outcome<T> from) {
  if (!from)
    return tl::unexpected(std::move(from.error()));
  return job_reply{std::move(*from)};
}

/// Runs each kind of job. Even a single statement runs in a transaction: so the server enforces its
/// limits, and transient errors are retried, for one more round trip (COMMIT).
struct runner {
  connection& on;
  const tx_options& options;
  partial_report& partial;

  job_outcome operator()(const apply_job& job) const {
    auto longer = options;
    longer.deadline *= job.time_factor;
    longer.statement_timeout *= job.time_factor;
    return widen(apply_batch(on, longer, *job.what, partial));
  }
  job_outcome operator()(const intern_job& job) const {
    return in_transaction([&](tx& inside) { return intern_users(inside, job.dids); });
  }
  job_outcome operator()(const cursors_job& job) const {
    return in_transaction([&](tx& inside) { return select_cursors(inside, job.service); });
  }
  job_outcome operator()(const newest_pending_job& job) const {
    return in_transaction([&](tx& inside) { return select_newest_pending(inside, job.limit); });
  }
  job_outcome operator()(const bisect_job& job) const {
    const auto run = job.whole        ? quarantine_frame
                     : job.one_by_one ? apply_one_by_one
                                      : apply_bisected;
    return widen(run(on, options, *job.what, job.frame, partial));
  }
  job_outcome operator()(const claim_identity_job& job) const {
    return in_transaction([&](tx& inside) -> outcome<claimed_tasks> {
      if (job.all_again)
        if (auto released = release_identity_tasks(inside, job.node); !released)
          return tl::unexpected(released.error());
      return claim_identity_tasks(inside, job.node, job.limit, job.claim_time, job.busy);
    });
  }
  job_outcome operator()(const store_identity_job& job) const {
    return widen(store_identity_results(on, options, job.results, job.documents));
  }
  job_outcome operator()(const purge_job& job) const {
    return widen(purge_confirmed(on, options, job.what, partial));
  }
  job_outcome operator()(const upkeep_job& job) const {
    return widen(run_upkeep(on, options, job));
  }

private:
  template <class Work>
  [[nodiscard]] job_outcome in_transaction(Work work) const {
    return widen(transaction::run(on, options, work));
  }
};

} // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): as declared
std::string_view name_of(const job& task) noexcept {
  return std::visit([](const auto& each) { return each.name; }, task);
}

job_outcome run_job(connection& on, const tx_options& options, const job& task,
                    partial_report& partial) {
  return std::visit(runner{on, options, partial}, task);
}

} // namespace prism::db
