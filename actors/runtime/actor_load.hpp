#pragma once

#include "actors/runtime/actor_activity.hpp"
#include "metrics/bundles.hpp"

#include <atomic>
#include <chrono>
#include <optional>

namespace prism {

/// What one actor adds to the metrics of its name: messages queued, messages handled, and the time
/// spent on them. Actors of one name share the series, so values are added and subtracted, never
/// set. Keeps the actor's own `activity` as well. Costs a few atomic additions per message.
/// `arrived` and the destructor: any thread; the rest: the actor.
class actor_load {
public:
  /// Without metrics it adds to none: for actors of tests that belong to no node.
  explicit actor_load(std::optional<metrics::actor_metrics> out) : out_(out) {}
  /// Subtracts the messages that were never handled.
  ~actor_load() { take_back(); }
  actor_load(const actor_load&) = delete;
  actor_load& operator=(const actor_load&) = delete;

  /// A message was put into the mailbox.
  void arrived() noexcept {
    activity_.arrived(steady_clock::now());
    if (!out_ || ended_.load(std::memory_order_relaxed))
      return;
    out_->mailbox_depth->Increment();
    waiting_.fetch_add(1, std::memory_order_relaxed);
  }

  /// The actor takes no more messages; those in the mailbox are lost.
  void ended() noexcept {
    ended_.store(true, std::memory_order_relaxed);
    take_back();
  }

  /// Lives while a message is handled, also when the handler throws.
  class handling {
  public:
    /// @param type of the message; null: one of CAF's.
    handling(actor_load& load, const std::type_info* type) noexcept : load_(load) {
      load_.left_mailbox();
      load_.activity_.begin(type, since_);
    }
    ~handling() {
      const auto now = steady_clock::now();
      load_.activity_.end(now);
      if (load_.out_)
        load_.out_->handling_seconds->Increment(
            std::chrono::duration<double>(now - since_).count());
    }
    handling(const handling&) = delete;
    handling& operator=(const handling&) = delete;

  private:
    actor_load& load_;
    time_point since_{steady_clock::now()};
  };

  [[nodiscard]] const actor_activity& activity() const noexcept { return activity_; }

private:
  void left_mailbox() noexcept {
    if (!out_)
      return;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    out_->mailbox_depth->Decrement();
    out_->messages->Increment(); // before the handler, so that its answer finds it counted
  }
  void take_back() noexcept {
    if (out_)
      out_->mailbox_depth->Decrement(
          static_cast<double>(waiting_.exchange(0, std::memory_order_relaxed)));
  }

  std::optional<metrics::actor_metrics> out_;
  actor_activity activity_;
  std::atomic<std::int64_t> waiting_{0};
  std::atomic<bool> ended_{false};
};

/// The series of an actor called `name` with these constructor arguments: none, unless an overload
/// knows them (that in actors/runtime/node_context.hpp).
template <class... Args>
[[nodiscard]] std::optional<metrics::actor_metrics> metrics_of_actor(const char* /*name*/,
                                                                     const Args&... /*unknown*/) {
  return std::nullopt;
}

} // namespace prism
