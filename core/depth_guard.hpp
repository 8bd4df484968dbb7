#pragma once

#include "core/error.hpp"

#include <cstddef>

namespace prism {

/// The receiver's side of one bounded channel: checks that the sender keeps to its credit, so that
/// never more than `capacity` units wait. Not thread-safe: the receiver owns it.
class depth_guard {
public:
  /// @param capacity units granted to the sender; 0 is taken as 1, as in `credit_window`.
  explicit depth_guard(std::size_t capacity) noexcept : capacity_(capacity == 0 ? 1 : capacity) {}

  /// `n` units have come in and wait for work. Error `errc::limit` if that breaks the invariant;
  /// they are not counted then, so the guard stays true to what was granted.
  [[nodiscard]] expected<void> arrived(std::size_t n);

  /// `n` units are done, and their credit goes back. Error `errc::invalid` if fewer were waiting.
  [[nodiscard]] expected<void> finished(std::size_t n);

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

  /// The largest depth there ever was.
  [[nodiscard]] std::size_t peak() const noexcept { return peak_; }

private:
  std::size_t capacity_;
  std::size_t depth_{0};
  std::size_t peak_{0};
};

} // namespace prism
