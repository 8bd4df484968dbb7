#include "atproto/syntax/datetime_scan.hpp"

#include "atproto/syntax/syntax_chars.hpp"

#include <algorithm>

namespace prism::atproto::detail {

bool datetime_scanner::take(char c) noexcept {
  if (!rest_.starts_with(c))
    return false;
  rest_.remove_prefix(1);
  return true;
}

std::optional<int> datetime_scanner::number(std::size_t count, int low, int high) noexcept {
  if (rest_.size() < count)
    return std::nullopt;
  int value = 0;
  for (const char c : rest_.substr(0, count)) {
    if (!is_digit(c))
      return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value < low || value > high)
    return std::nullopt;
  rest_.remove_prefix(count);
  return value;
}

std::string_view datetime_scanner::digits() noexcept {
  const auto end = std::ranges::find_if_not(rest_, is_digit);
  const auto result = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(result.size());
  return result;
}

std::chrono::sys_seconds to_utc(const datetime_parts& parts) noexcept {
  using namespace std::chrono;
  const auto first = year{parts.year} / month{static_cast<unsigned>(parts.month)} / day{1};
  return sys_days{first} + days{parts.day - 1} + hours{parts.hour} +
         minutes{parts.minute - parts.offset_minutes} + seconds{parts.second};
}

bool has_plain_year(std::chrono::sys_seconds time) noexcept {
  using namespace std::chrono;
  constexpr sys_seconds first = sys_days{year{0} / January / 1};
  constexpr sys_seconds past_last = sys_days{year{10'000} / January / 1};
  return time >= first && time < past_last;
}

} // namespace prism::atproto::detail
