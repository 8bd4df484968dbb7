#include "actors/identity.hpp"

#include "actors/intake/routing.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/report_counters.hpp"
#include "metrics/labels.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

using task_outcome = db::identity_result::task_outcome;
using db::identity_kind;

constexpr std::chrono::milliseconds tick_interval{500};
// Of tries that failed, by their number: from 30 seconds to 6 hours.
constexpr backoff_options retry_delays{.min = std::chrono::seconds{30},
                                       .max = std::chrono::hours{6}};
// Of tasks that were held back to spare a host; it may be free at any moment.
constexpr std::chrono::milliseconds shortest_wait{500};
constexpr std::chrono::milliseconds longest_wait{5'000};

[[nodiscard]] net::identity_options resolver_options(const config::options& from) {
  net::identity_options out;
  out.plc_url = from.plc_url;
  out.handle_resolver_url = from.handle_resolver_url;
  out.ca_file = from.ca_file;
  out.dns_servers = from.dns_servers;
  out.allow_private = from.allow_private_addresses;
  out.timeout = from.identity_timeout;
  out.max_in_flight = 2 * from.identity_concurrency;
  out.gate.max_in_flight = from.identity_host_concurrency;
  out.gate.rate = static_cast<double>(from.identity_host_rate);
  out.gate.burst = 2 * out.gate.rate;
  return out;
}

[[nodiscard]] std::string_view name_of(task_outcome what) noexcept {
  constexpr std::string_view names[]{"confirmed", "refuted", "hosted", "failed", "deferred"};
  return names[static_cast<std::size_t>(what)];
}

/// The database was away. One that took too long would take as long at once.
[[nodiscard]] bool is_transient(const db::db_error& problem) {
  return (problem.cls == db::error_class::transient ||
          problem.cls == db::error_class::commit_unknown) &&
         problem.sqlstate != db::sqlstate::query_canceled;
}

} // namespace

identity_state::identity_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), metrics_(node_->metrics.identity()), totals_(metrics_),
      shown_documents_(node_->metrics.cache("did_documents")),
      shown_handles_(node_->metrics.cache("handles")) {}

identity_state::shown_totals::shown_totals(const metrics::identity_metrics& out)
    : answered(out.requests.of("answered")), failed(out.requests.of("failed")),
      refused(out.requests.of("refused")), held_back(out.requests.of("held_back")),
      timed_out(*out.timeouts) {}

// Its callbacks send to this actor, which may be gone by then: so it ends first.
identity_state::~identity_state() {
  if (resolver_)
    resolver_->stop();
}

identity_actor::behavior_type identity_state::make_behavior() {
  if (node_->options.identity_lookups) {
    start_resolver();
    each_tick();
  } else {
    node_->status.identity_idle_since = node_status::always;
  }
  return {[this](const identity_tasks_added&) { claim(); },
          [this](const identity_lookup_done& what) { ended(what); },
          [this](const tick&) { each_tick(); },
          [this](const stop_request&) {
            stopping_ = true;
            // What is under way would be asked for nothing; it is claimed again at the next start.
            if (resolver_)
              resolver_->stop();
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            return {name,
                    {{"in_flight", std::to_string(in_flight_.size())},
                     {"to_store", std::to_string(results_.size())}}};
          }};
}

void identity_state::start_resolver() {
  auto started = net::identity_resolver::start(resolver_options(node_->options));
  if (!started)
    throw std::runtime_error(started.error().message);
  resolver_ = std::move(*started);
}

void identity_state::each_tick() {
  self_->delayed_send(self_, tick_interval, tick{});
  claim();
  store();
  show();
}

// -- claiming --------------------------------------------------------------------------------

void identity_state::claim() {
  const auto capacity = node_->options.identity_concurrency;
  if (!resolver_ || claiming_ || stopping_ || in_flight_.size() >= capacity)
    return;
  std::vector<std::int64_t> busy;
  for (const auto& [which, what] : in_flight_)
    busy.push_back(which.first);
  claiming_ = true;
  const auto asked = clock::now();
  ask_database(
      self_, *node_,
      db::claim_identity_job{static_cast<std::int64_t>(capacity - in_flight_.size()), lease,
                             std::move(busy), claim_all_},
      [this, asked](const db::claimed_tasks& found) {
        claiming_ = false;
        claim_all_ = false;
        claimed(found, asked);
        stop_if_idle();
      },
      [this](const job_failure&) {
        claiming_ = false; // the next tick tries again
        stop_if_idle();
      });
}

void identity_state::claimed(const db::claimed_tasks& found, clock::time_point asked) {
  metrics_.queued->Set(static_cast<double>(found.queued));
  metrics_.untried->Set(static_cast<double>(found.untried));
  for (const auto& task : found.tasks)
    start(task);
  // A job of an identity that died may have claimed after ours had released what it held. Nobody
  // works at that; its lease ends by itself, but only much later.
  if (found.tasks.empty() && in_flight_.empty() && found.untried > 0 && asked - started_at_ < lease)
    claim_all_ = true;
  if (found.untried == 0 && in_flight_.empty())
    node_->status.identity_idle_since = asked.time_since_epoch().count();
}

void identity_state::start(const db::identity_task& task) {
  const key which{task.user_id, task.kind};
  if (stopping_ || !in_flight_.emplace(which, lookup{task, clock::now()}).second)
    return;
  const auto to = caf::actor_cast<identity_actor>(self_);
  const auto answer = [to, which](bool known, bool held_back, bool good, std::string handle,
                                  std::string why) {
    caf::anon_send(to, identity_lookup_done{which.first, which.second, known, held_back, good,
                                            std::move(handle), std::move(why)});
  };
  if (task.kind == identity_kind::handle)
    resolver_->check_handle(task.did, task.forced || task.attempts > 0, [answer](auto a) {
      using v = net::handle_answer::handle_status;
      answer(a.what == v::confirmed || a.what == v::refuted, a.what == v::held_back,
             a.what == v::confirmed, std::move(a.handle), std::move(a.why));
    });
  else
    resolver_->check_hosting(task.did, [answer](auto a) {
      using v = net::hosting_answer::hosting_status;
      answer(a.what == v::hosted || a.what == v::gone, a.what == v::held_back, a.what == v::hosted,
             {}, std::move(a.why));
    });
}

// -- results ---------------------------------------------------------------------------------

void identity_state::ended(const identity_lookup_done& what) {
  const auto found = in_flight_.find({what.user_id, what.kind});
  if (found == in_flight_.end())
    return;
  const auto& [task, since] = found->second;
  metrics_.seconds->Observe(std::chrono::duration<double>(clock::now() - since).count());
  if (stopping_) {
    in_flight_.erase(found);
    return stop_if_idle();
  }
  if (task.kind == identity_kind::deletion && what.known && !what.good)
    return purge(task);
  results_.push_back(result_of(task, what));
  store();
}

db::identity_result identity_state::result_of(const db::identity_task& task,
                                              const identity_lookup_done& what) {
  db::identity_result result{task, task_outcome::nothing_to_do, what.handle, {}};
  if (!what.known)
    schedule_retry(result, !what.held_back);
  else if (task.kind == identity_kind::handle)
    result.what = what.good ? task_outcome::confirmed : task_outcome::refuted;
  const bool given_up = result.what == task_outcome::failed && task.kind == identity_kind::handle &&
                        task.attempts + 1 >= max_attempts;
  if (given_up)
    result.what = task_outcome::nothing_to_do;
  metrics_.tasks.of(given_up ? "given_up" : name_of(result.what)).Increment();
  if (result.what != task_outcome::failed && !given_up)
    return result;
  // When the directory is away they all fail, and one line tells as much as thousands.
  if (const auto suppressed_count = failures_.allow(task.kind, clock::now()))
    spdlog::info(
        "identity: {}: {}, try {} failed: {}; {} ({} more such since the last line)", task.did,
        task.kind == identity_kind::handle ? "handle" : "deletion", task.attempts + 1, what.why,
        given_up ? "not before its next activity" : "to be tried again", *suppressed_count);
  return result;
}

void identity_state::schedule_retry(db::identity_result& result, bool counts) {
  std::uniform_real_distribution<> random{0, 1};
  if (counts) {
    backoff delays(retry_delays);
    for (std::int32_t i = 0; i < result.task.attempts; ++i)
      static_cast<void>(delays.next(1));
    result.what = task_outcome::failed;
    result.delay = delays.next(random(random_));
  } else {
    result.what = task_outcome::deferred;
    result.delay = std::chrono::duration_cast<std::chrono::milliseconds>(
        shortest_wait + random(random_) * (longest_wait - shortest_wait));
  }
}

// What has gathered while the previous results were written.
void identity_state::store() {
  if (storing_ || results_.empty())
    return;
  storing_ = true;
  const auto batch = std::make_shared<const std::vector<db::identity_result>>(std::move(results_));
  results_.clear();
  const auto done = [this, batch](bool good) {
    storing_ = false;
    if (good)
      for (const auto& each : *batch)
        in_flight_.erase({each.task.user_id, each.task.kind});
    else // the next tick tries again
      results_.insert(results_.end(), batch->begin(), batch->end());
    if (good) {
      store();
      claim();
    }
    stop_if_idle();
  };
  ask_database(
      self_, *node_, db::store_identity_job{*batch},
      [this, done](const db::identity_report& report) {
        metrics_.taken->Increment(report.taken);
        done(true);
      },
      [done](const job_failure&) { done(false); });
}

// -- deletions -------------------------------------------------------------------------------

void identity_state::purge(const db::identity_task& task) {
  const auto shard = static_cast<std::int32_t>(shard_of(task.did, node_->options.shards));
  ask_database(
      self_, *node_, db::purge_job{{task, node_->service, shard, node_->epoch}},
      [this, task](const db::apply_report& report) { purged(task, report); },
      [this, task](const job_failure& failure) { not_purged(task, failure); });
}

void identity_state::purged(const db::identity_task& task, const db::apply_report& report) {
  metrics_.tasks.of("purged").Increment();
  spdlog::info("identity: {} is deleted: {} records purged", task.did, report.purged);
  report_pending(report, true);
  in_flight_.erase({task.user_id, task.kind});
  claim();
  stop_if_idle();
}

void identity_state::not_purged(const db::identity_task& task, const job_failure& failure) {
  // Of a portion whose COMMIT was not answered nobody knows what it did.
  if (failure.partial)
    report_pending(failure.partial->done, failure.why.cls != db::error_class::commit_unknown);
  if (failure.why.sqlstate == db::fenced_state)
    node_->status.finish(75, failure.why.message);
  db::identity_result result{task, task_outcome::failed, {}, {}};
  schedule_retry(result, !is_transient(failure.why));
  metrics_.tasks.of(name_of(result.what)).Increment();
  results_.push_back(std::move(result));
  store();
  stop_if_idle();
}

// What waited for or with the account waits no more. Whoever keeps count of that may be away: it
// reads the table when it comes back.
void identity_state::report_pending(const db::apply_report& report, bool all) {
  count_report(node_->metrics, report);
  const auto pending = node_->actors.find(names::pending_ops);
  if ((report.pending.empty() && all) || !pending)
    return;
  self_
      ->request(pending, std::chrono::seconds{10},
                pending_changed{
                    std::make_shared<const std::vector<db::pending_change>>(report.pending), all})
      .then([](const pending_noted&) {}, [](const caf::error&) {});
}

void identity_state::stop_if_idle() {
  if (stopping_ && !claiming_ && !storing_)
    self_->quit();
}

void identity_state::show() {
  metrics_.in_flight->Set(static_cast<double>(in_flight_.size()));
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
  const auto show_cache = [](metrics::shown_cache& on, const net::identity_stats::cache& from) {
    on.show(from.hits, from.misses, from.evictions, from.entries);
  };
  show_cache(shown_documents_, now.documents);
  show_cache(shown_handles_, now.handles);
}

} // namespace prism
