#pragma once

#include <mutex>
#include <utility>

namespace prism {

/// What one actor shows of itself to whoever looks, without being asked: the newest value replaces
/// the one before. Any thread.
template <class Value>
class shown {
public:
  void show(Value value) {
    const std::scoped_lock lock(mutex_);
    value_ = std::move(value);
  }
  [[nodiscard]] Value read() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }

private:
  mutable std::mutex mutex_;
  Value value_{};
};

} // namespace prism
