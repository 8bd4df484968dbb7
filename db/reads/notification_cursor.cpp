#include "atproto/syntax/datetime.hpp"
#include "core/printable.hpp"
#include "db/reads/notifications.hpp"

#include <charconv>
#include <fmt/format.h>

namespace prism::reads {

namespace {

constexpr micros ms = 1000;

/// Takes a number and what has to follow it from the front of a text.
template <class Number>
[[nodiscard]] bool take(std::string_view& from, Number& to, std::string_view end) {
  const auto read = std::from_chars(from.data(), from.data() + from.size(), to);
  const auto rest = from.substr(static_cast<std::size_t>(read.ptr - from.data()));
  if (read.ec != std::errc{} || !rest.starts_with(end))
    return false;
  from = rest.substr(end.size());
  return true;
}

/// Of "MILLISECONDS__AUTHOR.REASON.SUBJECT.RKEY".
[[nodiscard]] bool read_position(std::string_view text, notification_position& to) {
  std::int64_t time = 0;
  if (!take(text, time, "__") || !take(text, to.author_id, ".") || !take(text, to.reason, ".") ||
      !take(text, to.subject_id, ".") || time < begin_of_time / ms || time > end_of_time / ms)
    return false;
  to.created_at = time * ms;
  to.rkey = text;
  return text.find('\0') == text.npos;
}

} // namespace

expected<std::optional<notification_position>> parse_notification_cursor(std::string_view text) {
  if (text.empty())
    return std::optional<notification_position>{};
  const auto bad = [&] {
    return fail(errc::invalid, "the cursor '{}' is neither a time nor a position",
                printable(text.substr(0, 100)));
  };
  notification_position out;
  if (text.find("__") != text.npos) {
    if (!read_position(text, out))
      return bad();
    return out;
  }
  const auto time = atproto::parse_datetime(text);
  if (!time)
    return bad();
  // All keys of this time are greater, so the page begins with older ones.
  out = {*time / ms * ms, 0, 0, 0, {}};
  return out;
}

std::string format_notification_cursor(const notification_position& position) {
  return fmt::format("{}__{}.{}.{}.{}", position.created_at / ms, position.author_id,
                     position.reason, position.subject_id, position.rkey);
}

} // namespace prism::reads
