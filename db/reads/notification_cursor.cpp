#include "atproto/syntax/datetime.hpp"
#include "core/printable.hpp"
#include "db/reads/notifications.hpp"
#include "db/reads/sorted_page.hpp"

#include <charconv>
#include <fmt/format.h>

namespace prism::reads {

namespace {

constexpr micros ms = 1000;

/// Takes a number and the character after it from the front of a text.
template <class Number>
[[nodiscard]] bool take(std::string_view& from, Number& to, char end) {
  const auto read = std::from_chars(from.data(), from.data() + from.size(), to);
  const auto taken = static_cast<std::size_t>(read.ptr - from.data());
  if (read.ec != std::errc{} || taken == from.size() || from[taken] != end)
    return false;
  from.remove_prefix(taken + 1);
  return true;
}

/// Of "AUTHOR.REASON.SUBJECT.RKEY".
[[nodiscard]] bool take_rest(std::string_view text, notification_position& to) {
  if (!take(text, to.author_id, '.') || !take(text, to.reason, '.') ||
      !take(text, to.subject_id, '.'))
    return false;
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
    const auto position = parse_list_cursor(text);
    if (!position || !take_rest((*position)->cid, out))
      return bad();
    out.created_at = (*position)->ms * ms;
    return out;
  }
  const auto time = atproto::parse_datetime(text);
  if (!time)
    return bad();
  // All keys of this time are greater: it is the first one after the time.
  out = {*time / ms * ms, 0, 0, 0, {}};
  return out;
}

std::string format_notification_cursor(const notification_position& position) {
  return format_list_cursor(
      {position.created_at / ms, fmt::format("{}.{}.{}.{}", position.author_id, position.reason,
                                             position.subject_id, position.rkey)});
}

} // namespace prism::reads
