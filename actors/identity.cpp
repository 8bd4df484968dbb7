#include "actors/identity.hpp"

#include "actors/intake/routing.hpp"
#include "actors/runtime/report_counters.hpp"
#include "actors/runtime/tell_pending_ops.hpp"
#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "metrics/labels.hpp"

namespace prism {

namespace {

/// What identity_tasks keeps of the reason of a failure, in bytes before escapes.
constexpr std::size_t max_why = 300;

using db::identity_kind;

constexpr std::chrono::milliseconds identity_tick{500};

[[nodiscard]] net::identity_options resolver_options(const config::options& options) {
  net::identity_options out;
  out.plc_url = options.plc_url;
  out.handle_resolver_url = options.handle_resolver_url;
  out.ca_file = options.ca_file;
  out.dns_servers = options.dns_servers;
  out.allow_private = options.allow_private_addresses;
  out.timeout = options.identity_timeout;
  constexpr identity_requests::limits on_demand;
  out.max_in_flight = 2 * options.identity_concurrency + on_demand.accounts + on_demand.others;
  out.limits.max_in_flight = options.identity_host_concurrency;
  out.limits.rate = static_cast<double>(options.identity_host_rate);
  out.limits.burst = 2 * out.limits.rate;
  return out;
}

[[nodiscard]] identity_lookup_done result_of(const db::identity_task& task,
                                             net::handle_answer answer) {
  using status = net::handle_answer::handle_status;
  return {.user_id = task.user_id,
          .kind = task.kind,
          .known = answer.what == status::confirmed || answer.what == status::refuted,
          .held_back = answer.what == status::held_back,
          .good = answer.what == status::confirmed,
          .handle = std::move(answer.handle),
          .why = std::move(answer.why),
          .document = std::move(answer.document)};
}

[[nodiscard]] identity_lookup_done result_of(const db::identity_task& task,
                                             net::hosting_answer answer) {
  using status = net::hosting_answer::hosting_status;
  return {.user_id = task.user_id,
          .kind = task.kind,
          .known = answer.what == status::hosted || answer.what == status::gone,
          .held_back = answer.what == status::held_back,
          .good = answer.what == status::hosted,
          .handle = {},
          .why = std::move(answer.why),
          .document = nullptr};
}

/// The database was away. A statement that took too long would take as long in a second.
[[nodiscard]] bool is_transient(const db::db_error& error) {
  return (error.cls == db::error_class::transient ||
          error.cls == db::error_class::commit_unknown) &&
         error.sqlstate != db::sqlstate::query_canceled;
}

} // namespace

identity_state::identity_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), metrics_(node_->metrics.identity()), totals_(metrics_),
      shown_documents_(node_->metrics.cache("did_documents")),
      shown_handles_(node_->metrics.cache("handles")),
      lookups_(node_->metrics.bounded("resolver_to_identity")),
      claims_(node_->options.identity_concurrency, steady_clock::now()),
      requests_({}, steady_clock::now()) {}

identity_state::shown_totals::shown_totals(const metrics::identity_metrics& out)
    : answered(out.requests.of("answered")), failed(out.requests.of("failed")),
      refused(out.requests.of("refused")), held_back(out.requests.of("held_back")),
      timed_out(*out.timeouts) {}

// The resolver's callbacks send to this actor, so the resolver ends first.
identity_state::~identity_state() {
  if (lookups_)
    lookups_->set_depth(0, steady_clock::now());
  if (resolver_)
    resolver_->stop();
  for (auto& [id, answer] : answers_)
    answer.deliver(identity_resolved{nullptr, "identity ended"});
}

identity_actor::behavior_type identity_state::make_behavior() {
  start_resolver();
  return {[this](const identity_tasks_added&) { claim(); },
          [this](const identity_lookup_done& found) { on_lookup_done(found); },
          [this](const resolve_identity& request) { return resolve(request); },
          [this](const document_looked_up& found) { on_document(found); },
          [this](const tick&) { on_tick(); },
          [this](const stop_request&) { on_stop(); },
          [this](const get_status&) { return status(); }};
}

void identity_state::start_resolver() {
  if (!node_->options.identity_lookups) {
    node_->status.identity_idle_since = node_status::always;
    return;
  }
  auto started = net::identity_resolver::start(resolver_options(node_->options));
  if (!started)
    throw std::runtime_error(started.error().message);
  resolver_ = std::move(*started);
  on_tick();
}

void identity_state::on_tick() {
  self_->delayed_send(self_, identity_tick, tick{});
  claim();
  expire_requests();
  store();
  update_metrics();
}

// Lookups in flight are not awaited: the next start claims their tasks again.
void identity_state::on_stop() {
  stopping_ = true;
  claims_.stop();
  if (resolver_)
    resolver_->stop();
  quit_if_idle();
}

actor_status identity_state::status() const {
  boost::json::object out{{"lookups", node_->options.identity_lookups},
                          {"in_flight", claims_.in_flight()},
                          {"to_store", results_.size() + documents_.size()},
                          {"calls_waiting", requests_.waiting()},
                          {"looked_up_for_calls", requests_.in_flight()}};
  if (resolver_) {
    const auto stats = resolver_->stats();
    out["requests"] = {{"answered", stats.answered},
                       {"failed", stats.failed},
                       {"timed_out", stats.timed_out},
                       {"refused", stats.refused},
                       {"held_back", stats.held_back}};
    out["hosts"] = stats.hosts;
    out["open_circuits"] = stats.open_circuits;
  }
  return {name, std::move(out)};
}

// -- one task: claim, look up, store -------------------------------------------------------------

void identity_state::claim() {
  if (!resolver_ || node_->paused.paused(name, steady_clock::now()))
    return;
  auto request = claims_.next_claim(steady_clock::now());
  if (!request)
    return;
  ask_database(
      self_, *node_,
      db::claim_identity_job{node_->cluster.self(), request->limit, identity_claims::claim_time,
                             std::move(request->busy_users), request->include_claimed},
      [this](const db::claimed_tasks& found) {
        on_claimed(found);
        quit_if_idle();
      },
      [this](const job_failure&) {
        claims_.claim_failed(); // the next tick tries again
        quit_if_idle();
      });
}

void identity_state::on_claimed(const db::claimed_tasks& found) {
  metrics_.queued->Set(static_cast<double>(found.queued));
  metrics_.untried->Set(static_cast<double>(found.untried));
  for (const auto& task : claims_.claimed(found, steady_clock::now()))
    look_up(task);
  if (const auto idle_since = claims_.idle_since())
    node_->status.identity_idle_since = idle_since->time_since_epoch().count();
}

void identity_state::look_up(const db::identity_task& task) {
  const auto send = [task, to = caf::actor_cast<identity_actor>(self_)](auto answer) {
    caf::anon_send(to, result_of(task, std::move(answer)));
  };
  if (task.kind == identity_kind::handle)
    resolver_->check_handle(task.did, task.forced || task.attempts > 0, send);
  else
    resolver_->check_hosting(task.did, send);
}

void identity_state::on_lookup_done(const identity_lookup_done& found) {
  const auto* lookup = claims_.find({found.user_id, found.kind});
  if (lookup == nullptr)
    return;
  metrics_.seconds->Observe(
      std::chrono::duration<double>(steady_clock::now() - lookup->since).count());
  if (stopping_) {
    claims_.release({found.user_id, found.kind});
    return quit_if_idle();
  }
  if (found.document) {
    metrics_.left_out->Increment(static_cast<double>(found.document->left_out));
    keep({lookup->task.did, found.user_id, lookup->task.identity_place, lookup->task.asked_at},
         found.document);
  }
  auto decision = decide(lookup->task, found, random());
  if (decision.purge)
    return purge(lookup->task);
  record_result(std::move(decision), found.why);
}

void identity_state::record_result(identity_decision decision, const std::string& why) {
  metrics_.tasks.of(label_of(decision)).Increment();
  log_failure(decision, why);
  decision.result.why = printable(why, max_why);
  results_.push_back(std::move(decision.result));
  store();
}

// When the PLC directory is away all lookups fail, and a few lines say as much as thousands.
void identity_state::log_failure(const identity_decision& decision, const std::string& reason) {
  const auto& task = decision.result.task;
  const auto outcome = decision.result.what;
  if (outcome != db::identity_result::task_outcome::failed && !decision.given_up)
    return;
  if (const auto left_out = failures_.allow(task.kind, steady_clock::now()))
    log::identity().info(
        "identity: {}: {}, try {} failed: {}; {}{}", task.did,
        task.kind == identity_kind::handle ? "handle" : "deletion", task.attempts + 1, reason,
        decision.given_up ? "no retry before its next activity" : "will be retried",
        log::left_out_note(*left_out));
}

// Stores what has gathered while the previous results were written.
void identity_state::store() {
  if (storing_ || (results_.empty() && documents_.empty()))
    return;
  storing_ = true;
  const auto batch = std::make_shared<const db::store_identity_job>(
      db::store_identity_job{std::exchange(results_, {}), std::exchange(documents_, {})});
  ask_database(
      self_, *node_, db::store_identity_job{*batch},
      [this, batch](const db::identity_report& report) {
        metrics_.taken->Increment(report.taken);
        on_stored(*batch, true);
      },
      [this, batch](const job_failure&) { on_stored(*batch, false); });
}

void identity_state::on_stored(const db::store_identity_job& batch, bool good) {
  storing_ = false;
  if (good) {
    for (const auto& result : batch.results)
      claims_.release({result.task.user_id, result.task.kind});
    store();
    claim();
  } else { // the next tick tries again
    results_.insert(results_.end(), batch.results.begin(), batch.results.end());
    for (const auto& each : batch.documents)
      keep(each.asked, each.published);
  }
  quit_if_idle();
}

// -- deletions -----------------------------------------------------------------------------------

void identity_state::purge(const db::identity_task& task) {
  const auto shard = static_cast<std::int32_t>(shard_of(task.did, node_->options.shards));
  ask_database(
      self_, *node_, db::purge_job{{task, node_->service, shard, node_->cluster.self()}},
      [this, task](const db::apply_report& report) { on_purged(task, report); },
      [this, task](const job_failure& failure) { on_purge_failed(task, failure); });
}

void identity_state::on_purged(const db::identity_task& task, const db::apply_report& report) {
  metrics_.tasks.of("purged").Increment();
  if (const auto left_out = purges_.allow(task.kind, steady_clock::now()))
    log::identity().info("identity: {} is deleted: {} records purged{}", task.did, report.purged,
                         log::left_out_note(*left_out));
  report_changes(report, true);
  claims_.release({task.user_id, task.kind});
  claim();
  quit_if_idle();
}

void identity_state::on_purge_failed(const db::identity_task& task, const job_failure& failure) {
  // If the answer to the COMMIT of a chunk was lost, it is unknown what that chunk did.
  if (failure.partial)
    report_changes(failure.partial->done, failure.why.cls != db::error_class::commit_unknown);
  if (failure.why.sqlstate == db::fenced_state)
    if (const auto cluster = node_->actors.find(names::cluster))
      self_->send(cluster,
                  read_cluster{}); // this node is no member any more: that is for it to end
  record_result({.result = retry(task, !is_transient(failure.why), random())}, failure.why.message);
  quit_if_idle();
}

void identity_state::report_changes(const db::apply_report& report, bool all) {
  count_report(node_->metrics, report);
  if (!report.pending.empty() || !all)
    tell_pending_ops(self_, node_, "identity_to_pending_ops", report.pending, all);
}

void identity_state::quit_if_idle() {
  if (stopping_ && !claims_.claiming() && !storing_)
    self_->quit();
}

void identity_state::update_metrics() {
  metrics_.in_flight->Set(static_cast<double>(claims_.in_flight()));
  if (lookups_)
    lookups_->set_depth(claims_.in_flight() + requests_.in_flight(), steady_clock::now());
  show_requests();
  if (!resolver_)
    return;
  const auto now = resolver_->stats();
  totals_.answered.show(static_cast<double>(now.answered));
  totals_.failed.show(static_cast<double>(now.failed));
  totals_.refused.show(static_cast<double>(now.refused));
  totals_.held_back.show(static_cast<double>(now.held_back));
  totals_.timed_out.show(static_cast<double>(now.timed_out));
  metrics_.hosts->Set(static_cast<double>(now.hosts));
  metrics_.open_circuits->Set(static_cast<double>(now.open_circuits));
  const auto show_cache = [](metrics::shown_cache& out, const net::identity_stats::cache& cache) {
    out.show(cache.hits, cache.misses, cache.evictions, cache.entries);
  };
  show_cache(shown_documents_, now.documents);
  show_cache(shown_handles_, now.handles);
}

} // namespace prism
