#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace prism {

/// The median of the newest stamps, each of which may be wrong or chosen to mislead: less than half
/// of them cannot move it beyond the others. A plain value.
class stamp_median {
public:
  static constexpr std::size_t capacity = 101;

  /// A stamp in µs since 1970; the oldest one leaves.
  void add(std::int64_t stamp) noexcept {
    stamps_[next_] = stamp;
    next_ = (next_ + 1) % capacity;
    size_ = std::min(size_ + 1, capacity);
  }

  /// Of an even number, the lower one of the middle. Empty before the first stamp.
  [[nodiscard]] std::optional<std::int64_t> value() const noexcept {
    if (size_ == 0)
      return std::nullopt;
    auto sorted = stamps_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((size_ - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(size_));
    return *middle;
  }

private:
  std::array<std::int64_t, capacity> stamps_{};
  std::size_t size_{0};
  std::size_t next_{0};
};

} // namespace prism
