#pragma once

#include "actors/identity_claims.hpp"
#include "actors/identity_decision.hpp"
#include "actors/identity_requests.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/rate_limited.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"
#include "net/identity/identity_resolver.hpp"

#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace prism {

/// Resolves which handle each user has and whether deleted accounts are really deleted, without
/// delaying the stream; and identities that calls of the data plane lack. Its queue is
/// the table identity_tasks, which batches fill; so nothing is lost when it or the node dies, and
/// its memory does not grow with the queue. It works on at most `identity-concurrency` tasks at a
/// time, each of another user.
class identity_state {
public:
  using interface = identity_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "identity";

  identity_state(self_pointer self, node_ptr node);
  ~identity_state();
  identity_state(const identity_state&) = delete;
  identity_state& operator=(const identity_state&) = delete;

  interface::behavior_type make_behavior();

private:
  void start_resolver();
  void on_tick();
  void on_stop();
  [[nodiscard]] actor_status status() const;

  // -- one task: claim, look up, store -----------------------------------------------------------
  void claim();
  void on_claimed(const db::claimed_tasks& found);
  void look_up(const db::identity_task& task);
  void on_lookup_done(const identity_lookup_done& found);
  /// Counts and logs the decision, and has it stored. @param why it failed; empty if it did not
  void record_result(identity_decision decision, const std::string& why);
  void log_failure(const identity_decision& decision, const std::string& reason);
  void store();
  void on_stored(const db::store_identity_job& batch, bool good);

  // -- deletions ---------------------------------------------------------------------------------
  void purge(const db::identity_task& task);
  void on_purged(const db::identity_task& task, const db::apply_report& report);
  void on_purge_failed(const db::identity_task& task, const job_failure& failure);
  void report_changes(const db::apply_report& report, bool all);

  // -- for calls of the data plane (identity_on_demand.cpp) --------------------------------------
  using promise = caf::typed_response_promise<identity_resolved>;
  caf::result<identity_resolved> resolve(const resolve_identity& request);
  void on_document(const document_looked_up& found);
  void expire_requests();
  /// Keeps a document to be stored. If the database is away and too many wait, it is dropped: then
  /// a call looks it up again.
  void keep(db::wanted_identity asked,
            std::shared_ptr<const atproto::published_identity> published);
  void deliver(identity_requests::waiter to, const identity_resolved& answer);
  void show_requests();

  void quit_if_idle();
  void update_metrics();
  [[nodiscard]] double random() { return std::uniform_real_distribution<>{0, 1}(random_); }

  self_pointer self_;
  node_ptr node_;
  const metrics::identity_metrics& metrics_;
  /// Counters of the resolver.
  struct shown_totals {
    explicit shown_totals(const metrics::identity_metrics& out);
    metrics::running_total answered, failed, refused, held_back, timed_out;
  } totals_;
  metrics::shown_cache shown_documents_;
  metrics::shown_cache shown_handles_;
  std::unique_ptr<net::identity_resolver> resolver_; // null with identity-lookups = off
  std::minstd_rand random_{std::random_device{}()};
  std::shared_ptr<metrics::bounded_channel> lookups_; // under way in the resolver
  identity_claims claims_;
  identity_requests requests_;
  std::unordered_map<identity_requests::waiter, promise> answers_; // one for each call that waits
  identity_requests::waiter last_waiter_{0};
  std::vector<db::identity_result> results_;    // to be stored; their tasks are still claimed
  std::vector<db::did_document_row> documents_; // to be stored
  rate_limited<db::identity_kind> failures_{std::chrono::seconds{10}, 2}; // of the log
  rate_limited<db::identity_kind> purges_{std::chrono::seconds{10}, 2};
  rate_limited<int> demand_failures_{std::chrono::seconds{10}, 1};
  bool storing_{false};
  bool stopping_{false};
};

} // namespace prism
