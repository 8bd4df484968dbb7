#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace prism {

/// Bytes that several holders may have together. Each takes its share before it begins, and gives
/// it back when the share is destroyed, which may be after the budget is. Thread-safe.
class byte_budget {
  using counter = std::shared_ptr<std::atomic<std::size_t>>;

public:
  /// Bytes taken, until it is destroyed or assigned to. One owner at a time.
  class share {
  public:
    share() = default;
    share(share&& other) noexcept
        : used_(std::exchange(other.used_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    share& operator=(share&& other) noexcept {
      std::swap(used_, other.used_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    share(const share&) = delete;
    share& operator=(const share&) = delete;
    ~share() {
      if (used_)
        used_->fetch_sub(bytes_, std::memory_order_relaxed);
    }

  private:
    friend class byte_budget;
    share(counter used, std::size_t bytes) noexcept : used_(std::move(used)), bytes_(bytes) {}

    counter used_;
    std::size_t bytes_{0};
  };

  explicit byte_budget(std::size_t limit) : limit_(limit) {}

  /// @returns empty if so many are not left
  [[nodiscard]] std::optional<share> take(std::size_t bytes) {
    auto used = used_->load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used)
        return std::nullopt;
    } while (!used_->compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return share(used_, bytes);
  }

  [[nodiscard]] std::size_t used() const noexcept { return used_->load(std::memory_order_relaxed); }

private:
  std::size_t limit_;
  counter used_{std::make_shared<std::atomic<std::size_t>>(0)};
};

} // namespace prism
