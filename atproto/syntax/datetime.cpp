#include "atproto/syntax/datetime.hpp"

#include "atproto/syntax/datetime_scan.hpp"

#include <fmt/format.h>

namespace prism::atproto {
namespace {

using detail::datetime_parts;

constexpr std::int64_t micros_per_second = 1'000'000;

bool scan_offset(detail::datetime_scanner& in, int& minutes) noexcept {
  if (in.take('Z'))
    return true;
  const bool east = in.take('+');
  if (!east && !in.take('-'))
    return false;
  const auto hour = in.number(2, 0, 23);
  if (!hour || !in.take(':'))
    return false;
  const auto minute = in.number(2, 0, 59);
  if (!minute)
    return false;
  minutes = *hour * 60 + *minute;
  // RFC 3339 section 4.3: "time known, offset not" is a thing that ISO 8601 forbids to write.
  if (!east && minutes == 0)
    return false;
  minutes = east ? minutes : -minutes;
  return true;
}

// A number and what must follow it.
bool scan(detail::datetime_scanner& in, int& out, std::size_t count, int low, int high,
          char then) noexcept {
  const auto number = in.number(count, low, high);
  out = number.value_or(0);
  return number && in.take(then);
}

std::optional<datetime_parts> scan_datetime(std::string_view text) noexcept {
  constexpr std::size_t max_size = 64;
  if (text.size() > max_size)
    return std::nullopt;
  detail::datetime_scanner in{text};
  datetime_parts parts;
  if (!scan(in, parts.year, 4, 0, 9999, '-') || !scan(in, parts.month, 2, 1, 12, '-') ||
      !scan(in, parts.day, 2, 1, 31, 'T') || !scan(in, parts.hour, 2, 0, 23, ':') ||
      !scan(in, parts.minute, 2, 0, 59, ':'))
    return std::nullopt;
  const auto second = in.number(2, 0, 59);
  if (!second)
    return std::nullopt;
  parts.second = *second;
  if (in.take('.')) {
    parts.fraction = in.digits();
    if (parts.fraction.empty())
      return std::nullopt;
  }
  if (!scan_offset(in, parts.offset_minutes) || !in.done() ||
      !detail::has_plain_year(detail::to_utc(parts)))
    return std::nullopt;
  return parts;
}

std::int64_t micros_of(std::string_view fraction) noexcept {
  std::int64_t result = 0;
  for (std::size_t i = 0; i < 6; ++i)
    result = result * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return result;
}

} // namespace

bool is_valid_datetime(std::string_view text) noexcept {
  return scan_datetime(text).has_value();
}

expected<std::int64_t> parse_datetime(std::string_view text) {
  const auto parts = scan_datetime(text);
  if (!parts)
    return fail(errc::invalid, "datetime: must be like 2000-01-31T23:59:59.999Z, at most 64 bytes");
  return detail::to_utc(*parts).time_since_epoch().count() * micros_per_second +
         micros_of(parts->fraction);
}

std::string format_datetime(std::int64_t microseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> time{std::chrono::microseconds{microseconds}};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{floor<milliseconds>(time - midnight)};
  const int year = static_cast<int>(date.year());
  const auto head =
      year >= 0 && year <= 9999 ? fmt::format("{:04}", year) : fmt::format("{:+07}", year);
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", head,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

} // namespace prism::atproto
