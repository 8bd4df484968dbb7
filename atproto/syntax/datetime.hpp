#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Times as records and events write them. All functions are pure and safe from any thread.
namespace prism::atproto {

/// Whether `text` is a lexicon `datetime` (lexicon spec, "datetime"): the profile of RFC 3339 with
/// upper-case `T` and `Z`, whole seconds at least, a time zone other than `-00:00`, at most 64
/// bytes, and a year from 0000 to 9999 also in UTC. As for the AppView, a day of the month goes up
/// to 31 in every month (30 February is 2 March or 1 March), and there is no leap second.
[[nodiscard]] bool is_valid_datetime(std::string_view text) noexcept;

/// Microseconds since 1970-01-01T00:00:00Z. Finer digits are cut off.
/// @returns `errc::invalid` unless `is_valid_datetime`.
[[nodiscard]] expected<std::int64_t> parse_datetime(std::string_view text);

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form in which the AppView stores times; microseconds are cut
/// off. Years outside 0000 to 9999 are written with a sign and six digits (ECMA-262, "Expanded
/// Years"), which is not a lexicon `datetime`.
[[nodiscard]] std::string format_datetime(std::int64_t microseconds);

/// The time under which the AppView files a `createdAt` (normalizeDatetimeAlways of its package
/// @atproto/syntax/syntax 0.7): microseconds since 1970, but always whole milliseconds, because it
/// goes through a JavaScript Date. Never fails: what is no time, or has a year outside 0000 to 9999
/// in UTC, gives 0.
///
/// Besides every lexicon `datetime` it takes the other forms of ECMA-262's date time string format:
/// six-digit years, a date alone or down to the year or month, a time without seconds, an offset
/// without colon, 24:00, lower-case `t` and `z`; without a time zone they mean UTC. The free forms
/// that JavaScript engines add to these ("Tue, 1 Jan 2030") give 0 here: lexicon validation lets
/// none of them through.
[[nodiscard]] std::int64_t normalize_datetime_always(std::string_view text) noexcept;

} // namespace prism::atproto
