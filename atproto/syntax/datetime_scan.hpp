#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Common part of the strict and the lenient parser of times.
namespace prism::atproto::detail {

/// Reads the parts of a time from left to right. What does not match stays unread.
class datetime_scanner {
public:
  explicit datetime_scanner(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

  /// Takes `c` if it is next.
  bool take(char c) noexcept;

  /// Takes exactly `count` digits (at most 9) of a number from `low` to `high`.
  [[nodiscard]] std::optional<int> number(std::size_t count, int low, int high) noexcept;

  /// Takes as many digits as there are.
  [[nodiscard]] std::string_view digits() noexcept;

private:
  std::string_view rest_;
};

/// A time as written; out of its ranges only as far as the reader allows.
struct datetime_parts {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::string_view fraction; ///< the digits behind the point
  int offset_minutes = 0;    ///< east of Greenwich
};

/// The whole seconds since 1970 in UTC. A day past the end of the month runs into the next.
[[nodiscard]] std::chrono::sys_seconds to_utc(const datetime_parts& parts) noexcept;

/// Whether the year in UTC has four digits, the only ones that a lexicon `datetime` can write.
[[nodiscard]] bool has_plain_year(std::chrono::sys_seconds time) noexcept;

} // namespace prism::atproto::detail
