#include "atproto/syntax/datetime.hpp"

#include "atproto/syntax/datetime_scan.hpp"

#include <algorithm>

namespace prism::atproto {
namespace {

using detail::datetime_parts;
using detail::datetime_scanner;

// The milliseconds which V8, under the official AppView, makes of the digits behind the point. It
// drops leading zeros and keeps nine digits, but then counts at most nine of the original ones: ten
// digits or more that begin with 0 come out too large. We reproduce this, since it is what the
// AppView stores.
int v8_milliseconds(std::string_view digits) noexcept {
  constexpr std::size_t kept = 9;
  const auto zeros = std::min(digits.find_first_not_of('0'), digits.size());
  int number = 0;
  for (const char c : digits.substr(zeros, kept))
    number = number * 10 + (c - '0');
  auto length = std::min(digits.size(), kept);
  for (; length < 3; ++length)
    number *= 10;
  for (; length > 3; --length)
    number /= 10;
  return number;
}

bool scan_year(datetime_scanner& in, int& year) noexcept {
  const bool negative = in.take('-');
  const bool expanded = negative || in.take('+');
  // Years further off cannot come back into the plain range through any offset.
  const auto number = expanded ? in.number(6, 0, 10'000) : in.number(4, 0, 9999);
  if (!number || (negative && *number == 0))
    return false;
  year = negative ? -*number : *number;
  return true;
}

// Reads a part into `out` and tells whether it was good.
bool scan_part(datetime_scanner& in, int& out, int low, int high) noexcept {
  const auto number = in.number(2, low, high);
  out = number.value_or(0);
  return number.has_value();
}

bool scan_clock(datetime_scanner& in, datetime_parts& parts) noexcept {
  if (!scan_part(in, parts.hour, 0, 24) || !in.take(':') || !scan_part(in, parts.minute, 0, 59))
    return false;
  if (in.take(':')) {
    if (!scan_part(in, parts.second, 0, 59))
      return false;
    if (in.take('.')) {
      parts.fraction = in.digits();
      if (parts.fraction.empty())
        return false;
    }
  }
  const bool midnight = parts.minute == 0 && parts.second == 0 &&
                        parts.fraction.find_first_not_of('0') == std::string_view::npos;
  return parts.hour < 24 || midnight;
}

bool scan_zone(datetime_scanner& in, datetime_parts& parts) noexcept {
  if (in.done() || in.take('Z') || in.take('z'))
    return true;
  const bool east = in.take('+');
  int hour = 0;
  int minute = 0;
  if ((!east && !in.take('-')) || !scan_part(in, hour, 0, 23))
    return false;
  in.take(':');
  if (!scan_part(in, minute, 0, 59))
    return false;
  parts.offset_minutes = (east ? 1 : -1) * (hour * 60 + minute);
  return true;
}

bool scan_any(datetime_scanner& in, datetime_parts& parts) noexcept {
  if (!scan_year(in, parts.year) || (in.take('-') && !scan_part(in, parts.month, 1, 12)) ||
      (in.take('-') && !scan_part(in, parts.day, 1, 31)))
    return false;
  if ((in.take('T') || in.take('t')) && (!scan_clock(in, parts) || !scan_zone(in, parts)))
    return false;
  return in.done();
}

} // namespace

std::int64_t normalize_datetime_always(std::string_view text) noexcept {
  datetime_scanner in{text};
  datetime_parts parts;
  if (!scan_any(in, parts))
    return 0;
  const auto time = detail::to_utc(parts);
  if (!detail::has_plain_year(time))
    return 0;
  return (time.time_since_epoch().count() * 1000 + v8_milliseconds(parts.fraction)) * 1000;
}

} // namespace prism::atproto
