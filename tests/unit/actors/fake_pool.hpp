#pragma once

#include "actors/runtime/node_context.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace prism::test {

/// The answers of a `fake_pool`; the test may change them at any time.
class pool_script {
public:
  /// No answer: the job waits until the pool gets a `wake_up`.
  using answers = std::function<std::optional<db::job_outcome>(const db::job&)>;

  void set(answers what) {
    const std::scoped_lock lock(mutex_);
    answers_ = std::move(what);
  }
  [[nodiscard]] std::optional<db::job_outcome> answer(const db::job& what) {
    const std::scoped_lock lock(mutex_);
    return answers_ ? answers_(what) : std::nullopt;
  }
  std::atomic<int> jobs{0};

private:
  std::mutex mutex_;
  answers answers_;
};

/// A pool without a database, for tests.
class fake_pool_state {
public:
  using interface = pool_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool";

  fake_pool_state(self_pointer self, const node_ptr& /*node*/, std::shared_ptr<pool_script> script)
      : self_(self), script_(std::move(script)) {}

  interface::behavior_type make_behavior() {
    return {[this](const run_job& job) {
              ++script_->jobs;
              held_.push_back({self_->make_response_promise<job_result>(), job});
              auto promised = held_.back().first;
              answer_held();
              return caf::result<job_result>{promised};
            },
            [](const get_pool_sample&) -> pool_sample { return {}; },
            [](const tick&) {},
            [this](const wake_up&) { answer_held(); },
            [this](const stop_request&) { self_->quit(); },
            [](const get_status&) -> actor_status {
              return {name, {}};
            }};
  }

private:
  void answer_held() {
    std::erase_if(held_, [this](auto& each) {
      auto outcome = script_->answer(*each.second.what);
      if (outcome)
        each.first.deliver(
            job_result{std::make_shared<const db::job_outcome>(std::move(*outcome)), {}});
      return outcome.has_value();
    });
  }

  self_pointer self_;
  std::shared_ptr<pool_script> script_;
  std::vector<std::pair<caf::typed_response_promise<job_result>, run_job>> held_;
};

} // namespace prism::test
