#pragma once

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/backoff.hpp"
#include "core/rate_limited.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"
#include "net/identity/identity_resolver.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace prism {

/// Finds out, behind the events and never before them, which handle each user has and whether
/// deleted accounts are deleted. Its queue is the table identity_tasks, which batches fill: so it
/// forgets nothing when it or the node dies, and needs no more memory however long the queue is. At
/// most `identity-concurrency` tasks are with it at a time, each of another user.
class identity_state {
public:
  using interface = identity_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "identity";

  /// How long a claimed task is left alone: longer than all requests of a look-up together.
  static constexpr std::chrono::minutes lease{5};
  /// Tries after which a handle is left as it is, until the user is active again. A deletion is
  /// never given up.
  static constexpr std::int32_t max_attempts = 10;

  identity_state(self_pointer self, node_ptr node);
  ~identity_state();
  identity_state(const identity_state&) = delete;
  identity_state& operator=(const identity_state&) = delete;

  interface::behavior_type make_behavior();

private:
  using key = std::pair<std::int64_t, db::identity_kind>;
  using clock = std::chrono::steady_clock;
  struct lookup {
    db::identity_task task;
    clock::time_point since;
  };

  void start_resolver();
  void each_tick();
  void claim();
  void claimed(const db::claimed_tasks& found, clock::time_point asked);
  void start(const db::identity_task& task);
  void ended(const identity_lookup_done& what);
  [[nodiscard]] db::identity_result result_of(const db::identity_task& task,
                                              const identity_lookup_done& what);
  void schedule_retry(db::identity_result& result, bool counts);
  void store();
  void purge(const db::identity_task& task);
  void purged(const db::identity_task& task, const db::apply_report& report);
  void not_purged(const db::identity_task& task, const job_failure& failure);
  void report_pending(const db::apply_report& report, bool all);
  void stop_if_idle();
  void show();

  self_pointer self_;
  node_ptr node_;
  const metrics::identity_metrics& metrics_;
  /// What the resolver counts.
  struct shown_totals {
    explicit shown_totals(const metrics::identity_metrics& out);
    metrics::running_total answered, failed, refused, held_back, timed_out;
  } totals_;
  metrics::shown_cache shown_documents_;
  metrics::shown_cache shown_handles_;
  std::unique_ptr<net::identity_resolver> resolver_;
  std::minstd_rand random_{std::random_device{}()};
  std::map<key, lookup> in_flight_;          // claimed, up to its result being stored
  std::vector<db::identity_result> results_; // to be stored; their tasks are in `in_flight_`
  rate_limited<db::identity_kind> failures_{std::chrono::seconds{10}, 2}; // of the log
  clock::time_point started_at_{clock::now()};
  bool claiming_{false};
  bool claim_all_{true}; // what a predecessor had claimed, too
  bool storing_{false};
  bool stopping_{false};
};

} // namespace prism
