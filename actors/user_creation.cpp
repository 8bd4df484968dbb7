#include "actors/user_creation.hpp"

#include "actors/runtime/database_errors.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

namespace {

constexpr std::chrono::milliseconds longest_interval{1000};

/// Short enough that a request exceeds its time limit by little.
[[nodiscard]] std::chrono::milliseconds creation_tick(const config::options& options) {
  return std::clamp(options.user_creation_timeout / 4, std::chrono::milliseconds{10},
                    longest_interval);
}

[[nodiscard]] did_queue::limits queue_limits_of(const config::options& options) {
  return {.batch_capacity = user_creation_state::batch_capacity,
          .max_batches = options.max_concurrent_user_creations,
          .batch_timeout = options.transaction_timeout,
          .request_timeout = options.user_creation_timeout};
}

[[nodiscard]] did_queue::failure failure_of(const db::db_error& error) {
  if (error.cls == db::error_class::poison)
    return did_queue::failure::rejected;
  return ends_sooner_if_smaller(error) ? did_queue::failure::too_large : did_queue::failure::other;
}

[[nodiscard]] interned_users all_known(did_queue::ids ids) {
  return {std::make_shared<const did_queue::ids>(std::move(ids)), {}, false, {}};
}

[[nodiscard]] interned_users failed(std::string problem) {
  return {nullptr, std::move(problem), false, {}};
}

} // namespace

user_creation_state::user_creation_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), shown_user_ids_(node_->metrics.cache("users")),
      queue_(queue_limits_of(node_->options)) {}

user_creation_state::~user_creation_state() {
  for (auto& [id, answer] : answers_)
    answer.deliver(failed("user_creation ended"));
}

user_creation_actor::behavior_type user_creation_state::make_behavior() {
  self_->delayed_send(self_, creation_tick(node_->options), tick{});
  return {[this](const intern_users& request) { return intern(request); },
          [this](const tick&) {
            expire();
            show();
            self_->delayed_send(self_, creation_tick(node_->options), tick{});
          },
          [this](const stop_request&) {
            stopping_ = true;
            stop_if_idle();
          },
          [this](const get_status&) { return status(); }};
}

actor_status user_creation_state::status() const {
  return {name,
          {{"cached", user_ids_.size()},
           {"requests", queue_.requests()},
           {"waiting", queue_.waiting()},
           {"batches", queue_.batches()},
           {"longest_wait_seconds",
            std::chrono::duration<double>(queue_.longest_wait(steady_clock::now())).count()}}};
}

caf::result<interned_users> user_creation_state::intern(const intern_users& request) {
  did_queue::ids known;
  known.reserve(request.dids->size());
  for (const auto& did : *request.dids) {
    const auto* id = user_ids_.find(did);
    known.push_back(id == nullptr ? did_queue::unknown_id : *id);
  }
  if (std::ranges::find(known, did_queue::unknown_id) == known.end())
    return all_known(std::move(known));
  auto answer = self_->make_response_promise<interned_users>();
  answers_.emplace(queue_.add(*request.dids, std::move(known), steady_clock::now()), answer);
  start_batches();
  return answer;
}

void user_creation_state::start_batches() {
  // Without a pool a batch fails before `start` returns: the loop below goes on then, rather than
  // one level deeper for each batch.
  if (starting_batches_)
    return;
  starting_batches_ = true;
  while (auto batch = queue_.next_batch(steady_clock::now()))
    start(std::move(*batch));
  starting_batches_ = false;
  show();
}

void user_creation_state::start(did_queue::batch batch) {
  const auto shared = std::make_shared<const did_queue::batch>(std::move(batch));
  ask_database(
      self_, *node_, db::intern_job{shared->dids},
      [this, shared](const did_queue::ids& ids) {
        on_committed(*shared, ids);
        proceed();
      },
      [this, shared](const job_failure& failure) {
        on_failed(*shared, failure.why);
        proceed();
      });
}

void user_creation_state::proceed() {
  start_batches();
  stop_if_idle();
}

void user_creation_state::on_committed(const did_queue::batch& batch, const did_queue::ids& ids) {
  node_->metrics.user_creation().interned->Increment(static_cast<double>(ids.size()));
  for (std::size_t i = 0; i < ids.size(); ++i)
    user_ids_.put(batch.dids[i], ids[i]);
  for (auto& each : queue_.committed(batch.id, ids, steady_clock::now()))
    deliver(each.request, all_known(std::move(each.ids)));
}

// Every request that waited for one of the DIDs fails as a whole; its shard asks again.
void user_creation_state::on_failed(const did_queue::batch& batch, const db::db_error& error) {
  const auto result = queue_.failed(batch.id, failure_of(error));
  if (result.next_size) {
    if (const auto left_out = lines_.allow(line::rejected, steady_clock::now()))
      log::user_creation().warn(
          "user_creation: a batch of {} new users was rejected ({}), trying {} at a time{}",
          result.dids, error.sqlstate, *result.next_size, log::left_out_note(*left_out));
    return;
  }
  if (const auto left_out = lines_.allow(line::failed, steady_clock::now()))
    log::user_creation().warn(
        "user_creation: a batch of {} new users failed, their shards retry: {}{}", result.dids,
        db::describe(error), log::left_out_note(*left_out));
  const interned_users answer{nullptr, db::describe(error), error.cls == db::error_class::fatal,
                              error.cls == db::error_class::poison ? error.sqlstate
                                                                   : std::string{}};
  for (const auto id : result.failed)
    deliver(id, answer);
}

void user_creation_state::expire() {
  const auto limit = node_->options.user_creation_timeout.count();
  for (const auto& late : queue_.expire(steady_clock::now())) {
    log::user_creation().warn(
        "user_creation: a request for {} DIDs, {} of them without an id, timed out after "
        "{} ms; the shard asks again",
        late.dids, late.missing, limit);
    node_->metrics.user_creation().timeouts->Increment();
    deliver(late.request, failed(fmt::format("no answer within {} ms", limit)));
  }
}

void user_creation_state::deliver(request_id id, interned_users answer) {
  auto promised = answers_.extract(id);
  promised.mapped().deliver(std::move(answer));
}

void user_creation_state::stop_if_idle() {
  if (stopping_ && queue_.idle())
    self_->quit();
}

void user_creation_state::show() {
  const auto& out = node_->metrics.user_creation();
  const std::chrono::duration<double> longest = queue_.longest_wait(steady_clock::now());
  out.waiting->Set(static_cast<double>(queue_.waiting()));
  out.requests->Set(static_cast<double>(queue_.requests()));
  out.longest_wait->Set(longest.count());
  out.in_flight->Set(static_cast<double>(queue_.batches()));
  shown_user_ids_.show(user_ids_);
}

} // namespace prism
