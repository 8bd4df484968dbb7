#include "actors/pool.hpp"

#include "actors/db_session.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds sweep_interval{1};

[[nodiscard]] job_result refused(std::string_view sqlstate, std::string message) {
  return {std::make_shared<const db::job_outcome>(tl::unexpected(db::db_error{
      db::error_class::transient, std::string{sqlstate}, std::move(message), "pool"}))};
}

} // namespace

pool_state::pool_state(self_pointer self, node_ptr node) : self_(self), node_(std::move(node)) {
  self_->set_down_handler([this](const caf::down_msg& down) { session_down(down); });
  node_->metrics.database().max_connections->Set(static_cast<double>(node_->options.db_pool_size));
}

pool_state::~pool_state() {
  for (auto& each : waiting_)
    each.answer.deliver(refused("08006", "the database pool ended"));
  for (auto& [session, answer] : at_work_)
    answer.deliver(refused("08006", "the database pool ended"));
  for (const auto& [address, session] : sessions_)
    caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
}

pool_actor::behavior_type pool_state::make_behavior() {
  self_->delayed_send(self_, sweep_interval, tick{});
  return {[this](const run_job& job) -> caf::result<job_result> {
            auto answer = self_->make_response_promise<job_result>();
            submit({job, answer, std::chrono::steady_clock::now()});
            return answer;
          },
          [this](const tick&) {
            self_->delayed_send(self_, sweep_interval, tick{});
            expire_waiters();
          },
          [this](const stop_request&) {
            stopping_ = true;
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            return {name,
                    {{"sessions", std::to_string(sessions_.size())},
                     {"idle", std::to_string(idle_.size())},
                     {"waiting", std::to_string(waiting_.size())}}};
          }};
}

void pool_state::submit(waiter next) {
  if (waiting_.size() >= max_waiting) {
    spdlog::error("pool: {} jobs wait already, one more is refused", waiting_.size());
    next.answer.deliver(refused("53300", "too many jobs wait for a database session"));
    return;
  }
  waiting_.push_back(std::move(next));
  assign();
}

void pool_state::assign() {
  while (!waiting_.empty()) {
    if (idle_.empty()) {
      if (sessions_.size() >= node_->options.db_pool_size)
        break;
      auto session = spawn_state<db_session_state, caf::detached>(self_->system(), node_);
      self_->monitor(session);
      sessions_.emplace(caf::actor_cast<caf::actor_addr>(session), session);
      idle_.push_back(std::move(session));
    }
    // The one used last is the one whose caches are warm; others may stay idle for ever.
    auto session = std::move(idle_.back());
    idle_.pop_back();
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    start(session, std::move(next));
  }
  show();
}

void pool_state::start(const db_session_actor& session, waiter next) {
  const auto who = caf::actor_cast<caf::actor_addr>(session);
  at_work_[who] = next.answer;
  self_->request(session, caf::infinite, next.job)
      .then([this, who](const job_result& done) { answer(who, done); },
            [this, who](const caf::error& problem) {
              answer(who, refused("08006", "the database session died: " +
                                               describe(self_->system(), problem)));
            });
}

void pool_state::answer(const caf::actor_addr& session, const job_result& done) {
  auto asked = at_work_.extract(session);
  if (!asked.empty())
    asked.mapped().deliver(done);
  release(session);
}

void pool_state::release(const caf::actor_addr& session) {
  const auto found = sessions_.find(session);
  if (found != sessions_.end())
    idle_.push_back(found->second);
  assign();
  stop_if_idle();
}

void pool_state::session_down(const caf::down_msg& down) {
  sessions_.erase(down.source);
  std::erase_if(idle_, [&](const db_session_actor& each) {
    return caf::actor_cast<caf::actor_addr>(each) == down.source;
  });
  if (down.reason)
    spdlog::warn("pool: a database session died: {}", describe(self_->system(), down.reason));
  assign();
  stop_if_idle();
}

void pool_state::expire_waiters() {
  const auto now = std::chrono::steady_clock::now();
  while (!waiting_.empty() && now - waiting_.front().since > acquire_timeout) {
    waiting_.front().answer.deliver(
        refused("53300", "no database session became free within the acquire timeout"));
    waiting_.pop_front();
  }
  show();
}

void pool_state::stop_if_idle() {
  if (!stopping_ || !waiting_.empty() || idle_.size() != sessions_.size())
    return;
  self_->quit();
}

void pool_state::show() const {
  const auto& out = node_->metrics.database();
  out.connections->Set(static_cast<double>(sessions_.size()));
  out.idle->Set(static_cast<double>(idle_.size()));
  out.active->Set(static_cast<double>(sessions_.size() - idle_.size()));
  out.waiting->Set(static_cast<double>(waiting_.size()));
}

} // namespace prism
