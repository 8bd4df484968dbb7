#pragma once

#include "actors/runtime/actor_activity.hpp"
#include "metrics/bundles.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <typeinfo>
#include <utility>
#include <vector>

namespace prism {

/// What one actor adds to the metrics of its name: messages queued, messages handled, and the time
/// spent on them. Actors of one name share the series, so values are added and subtracted, never
/// set. Keeps the actor's own `activity` as well. Costs a few atomic additions per message.
/// `arrived` and the destructor: any thread; the rest: the actor.
class actor_load {
public:
  /// Without metrics it adds to none: for actors of tests that belong to no node.
  explicit actor_load(std::optional<metrics::actor_metrics> out) : out_(std::move(out)) {}
  /// Subtracts the messages that were never handled.
  ~actor_load() { take_back(); }
  actor_load(const actor_load&) = delete;
  actor_load& operator=(const actor_load&) = delete;

  /// A message of this type (null: one of CAF's) was put into the mailbox.
  void arrived(const std::type_info* type) {
    activity_.arrived(steady_clock::now());
    if (!out_ || ended_.load(std::memory_order_relaxed))
      return;
    out_->mailbox_depth->Increment();
    waiting_.fetch_add(1, std::memory_order_relaxed);
    if (const auto place = inbox_of(type); place < out_->inboxes.size()) {
      in_inbox_[place].fetch_add(1, std::memory_order_relaxed);
      out_->inboxes[place].channel->add(1, steady_clock::now());
    }
  }

  /// The actor takes no more messages; those in the mailbox are lost.
  void ended() {
    ended_.store(true, std::memory_order_relaxed);
    take_back();
  }

  /// Lives while a message is handled, also when the handler throws.
  class handling {
  public:
    /// @param type of the message; null: one of CAF's.
    handling(actor_load& load, const std::type_info* type) : load_(load), type_(type) {
      load_.left_mailbox(type);
      load_.activity_.begin(type, since_);
    }
    ~handling() {
      const auto now = steady_clock::now();
      load_.activity_.end(now);
      if (!load_.out_)
        return;
      const auto took = std::chrono::duration<double>(now - since_).count();
      load_.out_->handling_seconds->Increment(took);
      load_.histogram_of(type_).Observe(took);
    }
    handling(const handling&) = delete;
    handling& operator=(const handling&) = delete;

  private:
    actor_load& load_;
    const std::type_info* type_;
    time_point since_{steady_clock::now()};
  };

  [[nodiscard]] const actor_activity& activity() const noexcept { return activity_; }

private:
  // The number of inboxes if it is none of their types.
  [[nodiscard]] std::size_t inbox_of(const std::type_info* type) const noexcept {
    std::size_t place = 0;
    while (place < out_->inboxes.size() &&
           (type == nullptr || *type != *out_->inboxes[place].message))
      ++place;
    return place;
  }
  void left_mailbox(const std::type_info* type) {
    if (!out_)
      return;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    out_->mailbox_depth->Decrement();
    out_->messages->Increment(); // before the handler, so that its answer finds it counted
    if (const auto place = inbox_of(type); place < out_->inboxes.size()) {
      in_inbox_[place].fetch_sub(1, std::memory_order_relaxed);
      out_->inboxes[place].channel->remove(1, steady_clock::now());
    }
  }
  void take_back() {
    if (!out_)
      return;
    out_->mailbox_depth->Decrement(
        static_cast<double>(waiting_.exchange(0, std::memory_order_relaxed)));
    for (std::size_t place = 0; place < out_->inboxes.size(); ++place)
      out_->inboxes[place].channel->remove(in_inbox_[place].exchange(0, std::memory_order_relaxed),
                                           steady_clock::now());
  }

  // Few types, looked for from the front. The actor's thread only.
  [[nodiscard]] prometheus::Histogram& histogram_of(const std::type_info* type) {
    for (const auto& [known, histogram] : histograms_)
      if (known == type)
        return *histogram;
    auto& added = out_->times->of(type == nullptr ? "caf" : message_name(type));
    histograms_.emplace_back(type, &added);
    return added;
  }

  std::optional<metrics::actor_metrics> out_;
  std::vector<std::pair<const std::type_info*, prometheus::Histogram*>> histograms_;
  actor_activity activity_;
  std::atomic<std::int64_t> waiting_{0};
  std::array<std::atomic<std::size_t>, metrics::actor_metrics::max_inboxes> in_inbox_{};
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
