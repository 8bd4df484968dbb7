#include "actors/user_creation.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds show_interval{1};

} // namespace

user_creation_state::user_creation_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)) {}

user_creation_state::~user_creation_state() {
  for (auto& [did, waiting] : wanted_)
    for (auto& [request, place] : waiting)
      if (request->answer.pending())
        request->answer.deliver(interned_users{nullptr, "user_creation ended"});
}

user_creation_actor::behavior_type user_creation_state::make_behavior() {
  self_->delayed_send(self_, show_interval, tick{});
  return {[this](const intern_users& wanted) { return intern(wanted); },
          [this](const tick&) {
            show();
            self_->delayed_send(self_, show_interval, tick{});
          },
          [this](const stop_request&) {
            stopping_ = true;
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            return {name,
                    {{"cached", std::to_string(known_.size())},
                     {"waiting", std::to_string(queue_.size())},
                     {"batches", std::to_string(batches_at_work_)}}};
          }};
}

caf::result<interned_users> user_creation_state::intern(const intern_users& wanted) {
  auto request = std::make_shared<pending_request>();
  request->ids.resize(wanted.dids->size());
  for (std::size_t i = 0; i < wanted.dids->size(); ++i) {
    const auto& did = (*wanted.dids)[i];
    if (const auto* id = known_.find(did)) {
      request->ids[i] = *id;
      continue;
    }
    ++request->missing;
    auto& waiting = wanted_[did];
    if (waiting.empty())
      queue_.push_back(did);
    waiting.emplace_back(request, i);
  }
  request->answer = self_->make_response_promise<interned_users>();
  auto answer = request->answer;
  if (request->missing == 0)
    request->answer.deliver(interned_users{
        std::make_shared<const std::vector<std::int64_t>>(std::move(request->ids)), {}});
  else
    start_batches();
  return answer;
}

void user_creation_state::start_batches() {
  while (!queue_.empty() && batches_at_work_ < node_->options.max_concurrent_user_creations) {
    auto dids = std::make_shared<std::vector<std::string>>();
    while (!queue_.empty() && dids->size() < batch_capacity) {
      dids->push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    const auto pool = node_->actors.find_as<pool_actor>(names::pool);
    if (!pool) {
      fail_batch(*dids, "the database pool is not running");
      continue;
    }
    ++batches_at_work_;
    self_
        ->request(pool, caf::infinite,
                  run_job{std::make_shared<const db::job>(db::intern_job{*dids})})
        .then(
            [this, dids](const job_result& done) {
              --batches_at_work_;
              finish_batch(*dids, *done.what);
              start_batches();
              stop_if_idle();
            },
            [this, dids](const caf::error& problem) {
              --batches_at_work_;
              fail_batch(*dids, "the database pool died: " + describe(self_->system(), problem));
              start_batches();
              stop_if_idle();
            });
  }
  show();
}

void user_creation_state::finish_batch(const std::vector<std::string>& dids,
                                       const db::job_outcome& done) {
  if (!done) {
    fail_batch(dids, done.error().message);
    return;
  }
  const auto& ids = std::get<std::vector<std::int64_t>>(*done);
  node_->metrics.user_creation().interned->Increment(static_cast<double>(ids.size()));
  for (std::size_t i = 0; i < dids.size(); ++i) {
    known_.put(dids[i], ids[i]);
    auto waiting = wanted_.extract(dids[i]);
    if (waiting.empty())
      continue;
    for (auto& [request, place] : waiting.mapped()) {
      request->ids[place] = ids[i];
      if (--request->missing == 0 && request->answer.pending())
        request->answer.deliver(interned_users{
            std::make_shared<const std::vector<std::int64_t>>(std::move(request->ids)), {}});
    }
  }
}

// Every request that waited for one of them fails as a whole; its shard asks again.
void user_creation_state::fail_batch(const std::vector<std::string>& dids,
                                     const std::string& problem) {
  spdlog::warn("user_creation: {} new users have to wait: {}", dids.size(), problem);
  for (const auto& did : dids) {
    auto waiting = wanted_.extract(did);
    if (waiting.empty())
      continue;
    for (auto& [request, place] : waiting.mapped())
      if (request->answer.pending())
        request->answer.deliver(interned_users{nullptr, problem});
  }
}

void user_creation_state::stop_if_idle() {
  if (stopping_ && batches_at_work_ == 0 && queue_.empty())
    self_->quit();
}

void user_creation_state::show() {
  const auto& out = node_->metrics.user_creation();
  out.waiting->Set(static_cast<double>(queue_.size()));
  out.in_flight->Set(static_cast<double>(batches_at_work_));
  const auto cache = node_->metrics.cache("users");
  metrics::raise_to(*cache.hits, static_cast<double>(known_.hits()));
  metrics::raise_to(*cache.misses, static_cast<double>(known_.misses()));
  metrics::raise_to(*cache.evictions, static_cast<double>(known_.evictions()));
  cache.entries->Set(static_cast<double>(known_.size()));
}

} // namespace prism
