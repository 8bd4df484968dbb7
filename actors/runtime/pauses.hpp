#pragma once

#include "core/clock.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// What operators have paused (`prismctl pause`): the firehose, a shard or identity lookups, by the
/// name of the actor, each until a time. Actors look here before they take up new work; work in
/// flight goes on. Any thread.
class pauses {
public:
  struct pause {
    std::string part;
    time_point until;
    std::string who;
    std::string why;
  };

  /// Replaces an earlier pause of this part. The caller checks that there is such a part.
  void add(pause what) {
    const std::scoped_lock lock(mutex_);
    auto part = what.part;
    parts_.insert_or_assign(std::move(part), std::move(what));
    any_ = true;
  }
  /// @returns whether it was paused.
  bool remove(const std::string& part) {
    const std::scoped_lock lock(mutex_);
    const bool was_paused = parts_.erase(part) > 0;
    any_ = !parts_.empty();
    return was_paused;
  }
  [[nodiscard]] bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
  /// Costs one atomic load while nothing is paused.
  [[nodiscard]] bool paused(std::string_view part, time_point now) const {
    if (!any_.load(std::memory_order_relaxed))
      return false;
    const std::scoped_lock lock(mutex_);
    const auto found = parts_.find(part);
    return found != parts_.end() && now < found->second.until;
  }
  /// Those that are in force.
  [[nodiscard]] std::vector<pause> list(time_point now) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(parts_, [&](const auto& each) { return each.second.until <= now; });
    any_ = !parts_.empty();
    std::vector<pause> out;
    for (const auto& [part, each] : parts_)
      out.push_back(each);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::atomic<bool> any_{false};
  std::map<std::string, pause, std::less<>> parts_; // no more than there are parts
};

} // namespace prism
