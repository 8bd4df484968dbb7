#pragma once

#include "db/operator/operator_log.hpp"

#include <deque>
#include <mutex>
#include <vector>

namespace prism {

/// What operators did and the database has not got yet: it may be away when they act. The log has a
/// line for each at once. Any thread.
class action_log {
public:
  /// Beyond these the oldest leave; the log has their lines.
  static constexpr std::size_t capacity = 1'000;

  void add(db::operator_action what) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() == capacity)
      waiting_.pop_front();
    waiting_.push_back(std::move(what));
  }
  [[nodiscard]] std::vector<db::operator_action> waiting() const {
    const std::scoped_lock lock(mutex_);
    return {waiting_.begin(), waiting_.end()};
  }
  /// The first `count` are stored.
  void stored(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(
                                                            std::min(count, waiting_.size())));
  }

private:
  mutable std::mutex mutex_;
  std::deque<db::operator_action> waiting_;
};

} // namespace prism
