#pragma once

#include "log/component.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::log {

/// One line of the log.
struct line {
  std::uint64_t number{0}; ///< from 1, without gaps
  std::chrono::system_clock::time_point time;
  level severity{level::info};
  component from{component::prismd};
  std::string text; ///< without time, level and component
};

/// Which lines are wanted. All conditions must hold.
struct line_filter {
  /// Only lines with a greater number. Without it, the last `limit` lines are given, else the first
  /// `limit` behind it, so that a reader who goes on with the last number misses none.
  std::optional<std::uint64_t> after;
  level at_least{level::trace};
  std::optional<component> from;
  /// Only lines whose text contains this, byte for byte. Empty: all.
  std::string_view contains;
  /// Most lines in the answer.
  std::size_t limit{200};
};

/// What is there.
struct found_lines {
  std::vector<line> lines; ///< in the order of their numbers
  std::uint64_t oldest{0}; ///< number of the oldest line that is kept; 0: none was ever written
  std::uint64_t newest{0}; ///< number of the newest one; 0: none was ever written
  bool cut{false};         ///< more lines would fit the filter than `limit` allows
  bool lost{false};        ///< lines behind `after` were dropped before they were asked for
};

/// The last lines of the log, in memory. Any thread. A reader holds the lock while it searches and
/// copies, at most `max_bytes`; writers wait for that long.
class line_ring {
public:
  /// Most bytes of one line's text; the rest is replaced by "…".
  static constexpr std::size_t max_text = std::size_t{8} << 10U;

  /// @param max_lines most lines kept, at least 1
  /// @param max_bytes most bytes kept, of texts and of what a line takes besides; the newest line
  ///        is kept whatever its size
  explicit line_ring(std::size_t max_lines = 2'000, std::size_t max_bytes = std::size_t{1} << 20U)
      : max_lines_(max_lines), max_bytes_(max_bytes) {}

  /// Adds a line and drops the oldest ones that have no room any more.
  void add(std::chrono::system_clock::time_point time, level severity, component from,
           std::string_view text);

  [[nodiscard]] found_lines find(const line_filter& wanted) const;

private:
  const std::size_t max_lines_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::deque<line> lines_;
  std::size_t bytes_{0};
  std::uint64_t newest_{0};
};

} // namespace prism::log
