#include "actors/user_creation.hpp"

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/database_errors.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::milliseconds longest_interval{1000};

/// Often enough that a limit is not overdrawn by much.
[[nodiscard]] std::chrono::milliseconds poll_interval(const config::options& options) {
  return std::clamp(options.user_creation_timeout / 4, std::chrono::milliseconds{10},
                    longest_interval);
}

} // namespace

user_creation_state::user_creation_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), shown_user_ids_(node_->metrics.cache("users")),
      size_(batch_capacity, node_->options.transaction_timeout) {}

user_creation_state::~user_creation_state() {
  for (const auto& request : requests_)
    fail(request, "user_creation ended");
}

user_creation_actor::behavior_type user_creation_state::make_behavior() {
  self_->delayed_send(self_, poll_interval(node_->options), tick{});
  return {[this](const intern_users& wanted) { return intern(wanted); },
          [this](const tick&) {
            expire();
            show();
            self_->delayed_send(self_, poll_interval(node_->options), tick{});
          },
          [this](const stop_request&) {
            stopping_ = true;
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            return {name,
                    {{"cached", std::to_string(user_ids_.size())},
                     {"requests", std::to_string(requests_.size())},
                     {"waiting", std::to_string(queue_.size())},
                     {"batches", std::to_string(batches_at_work_)}}};
          }};
}

caf::result<interned_users> user_creation_state::intern(const intern_users& wanted) {
  auto request = std::make_shared<pending_request>();
  request->ids.resize(wanted.dids->size());
  for (std::size_t i = 0; i < wanted.dids->size(); ++i) {
    const auto& did = (*wanted.dids)[i];
    if (const auto* id = user_ids_.find(did)) {
      request->ids[i] = *id;
      continue;
    }
    ++request->missing;
    const auto [entry, is_new] = wanted_.try_emplace(did);
    if (is_new)
      queue_.push_back(did);
    entry->second.emplace_back(request, i);
  }
  request->answer = self_->make_response_promise<interned_users>();
  auto promised = request->answer;
  if (request->missing == 0) {
    answer(request);
    return promised;
  }
  request->since = std::chrono::steady_clock::now();
  requests_.push_back(request);
  start_batches();
  return promised;
}

void user_creation_state::answer(const request_ptr& request) {
  if (request->answer.pending())
    request->answer.deliver(interned_users{
        std::make_shared<const std::vector<std::int64_t>>(std::move(request->ids)), {}, false, {}});
}

void user_creation_state::fail(const request_ptr& request, const std::string& problem,
                               bool needs_operator, const std::string& refused) {
  if (request->answer.pending())
    request->answer.deliver(interned_users{nullptr, problem, needs_operator, refused});
}

// All have the same time, so those who came first run out of it first.
void user_creation_state::expire() {
  sweep();
  const auto limit = node_->options.user_creation_timeout;
  const auto now = std::chrono::steady_clock::now();
  bool expired = false;
  while (!requests_.empty() && now - requests_.front()->since >= limit) {
    const auto& late = requests_.front();
    spdlog::warn(
        "user_creation: a request for {} DIDs, {} of them without an id, has waited {} ms; "
        "it has to ask again",
        late->ids.size(), late->missing, limit.count());
    node_->metrics.user_creation().timeouts->Increment();
    fail(late, fmt::format("no answer within {} ms", limit.count()));
    requests_.pop_front();
    expired = true;
  }
  if (!expired)
    return;
  for (auto& [did, waiting] : wanted_)
    std::erase_if(waiting, [](const auto& each) { return !each.first->answer.pending(); });
}

void user_creation_state::sweep() {
  std::erase_if(requests_, [](const auto& each) { return !each->answer.pending(); });
}

void user_creation_state::start_batches() {
  while (!queue_.empty() && batches_at_work_ < node_->options.max_concurrent_user_creations) {
    auto dids = std::make_shared<std::vector<std::string>>();
    while (!queue_.empty() && dids->size() < size_.max_frames()) {
      dids->push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    ++batches_at_work_;
    const auto since = std::chrono::steady_clock::now();
    ask_database(
        self_, *node_, db::intern_job{*dids},
        [this, dids, since](const std::vector<std::int64_t>& ids) {
          --batches_at_work_;
          size_.committed(dids->size(), std::chrono::steady_clock::now() - since);
          finish_batch(*dids, ids);
          start_batches();
          stop_if_idle();
        },
        [this, dids](const job_failure& failure) {
          --batches_at_work_;
          if (ends_sooner_if_smaller(failure.why))
            size_.failed(dids->size());
          refuse_batch(*dids, failure.why);
          start_batches();
          stop_if_idle();
        });
  }
  show();
}

void user_creation_state::finish_batch(const std::vector<std::string>& dids,
                                       const std::vector<std::int64_t>& ids) {
  node_->metrics.user_creation().interned->Increment(static_cast<double>(ids.size()));
  for (std::size_t i = 0; i < dids.size(); ++i) {
    user_ids_.put(dids[i], ids[i]);
    auto waiting = wanted_.extract(dids[i]);
    if (waiting.empty())
      continue;
    for (auto& [request, place] : waiting.mapped()) {
      request->ids[place] = ids[i];
      if (--request->missing == 0)
        answer(request);
    }
  }
  sweep();
}

void user_creation_state::refuse_batch(const std::vector<std::string>& dids,
                                       const db::db_error& why) {
  const bool refused = why.cls == db::error_class::poison;
  if (refused && dids.size() > 1)
    return halve(dids, why);
  fail_batch(dids, db::describe(why), why.cls == db::error_class::fatal,
             refused ? why.sqlstate : std::string{});
}

// One of them is refused for its content; only those who ask for that one are to be told.
void user_creation_state::halve(const std::vector<std::string>& dids, const db::db_error& why) {
  size_.failed(dids.size());
  spdlog::warn("user_creation: {} new users are refused ({}), trying {}", dids.size(), why.sqlstate,
               size_.max_frames());
  queue_.insert(queue_.begin(), dids.begin(), dids.end());
}

// Every request that waited for one of them fails as a whole; its shard asks again.
void user_creation_state::fail_batch(const std::vector<std::string>& dids,
                                     const std::string& problem, bool needs_operator,
                                     const std::string& refused) {
  spdlog::warn("user_creation: {} new users have to wait: {}", dids.size(), problem);
  for (const auto& did : dids) {
    auto waiting = wanted_.extract(did);
    if (waiting.empty())
      continue;
    for (auto& [request, place] : waiting.mapped())
      fail(request, problem, needs_operator, refused);
  }
  sweep();
}

void user_creation_state::stop_if_idle() {
  if (stopping_ && batches_at_work_ == 0 && queue_.empty())
    self_->quit();
}

void user_creation_state::show() {
  const auto& out = node_->metrics.user_creation();
  out.waiting->Set(static_cast<double>(queue_.size()));
  out.requests->Set(static_cast<double>(requests_.size()));
  const std::chrono::duration<double> longest =
      requests_.empty() ? std::chrono::steady_clock::duration::zero()
                        : std::chrono::steady_clock::now() - requests_.front()->since;
  out.longest_wait->Set(longest.count());
  out.in_flight->Set(static_cast<double>(batches_at_work_));
  shown_user_ids_.show(user_ids_);
}

} // namespace prism
