#include "db/reads/sorted_page.hpp"

#include "core/printable.hpp"
#include "db/reads/page.hpp"

#include <charconv>
#include <fmt/format.h>

namespace prism::reads {

namespace {

// 0000-01-01 and 9999-12-31 in milliseconds: the range of a lexicon's datetime.
constexpr std::int64_t first_ms = -62'167'219'200'000;
constexpr std::int64_t last_ms = end_of_time / 1000;

constexpr char between_colons = '!';

[[nodiscard]] std::string part_colons(std::string_view uri) {
  std::string out;
  out.reserve(uri.size());
  for (const char each : uri) {
    if (each == ':' && !out.empty() && out.back() == ':')
      out += between_colons;
    out += each;
  }
  return out;
}

} // namespace

std::int64_t time_of(const std::optional<list_cursor>& after) noexcept {
  return after ? after->ms * 1000 : end_of_time;
}

expected<std::optional<list_cursor>> parse_list_cursor(std::string_view text) {
  if (text.empty())
    return std::optional<list_cursor>{};
  constexpr std::string_view between = "__";
  list_cursor out;
  const auto split = std::min(text.find(between), text.size());
  const auto number = text.substr(0, split);
  const auto rest = text.substr(std::min(split + between.size(), text.size()));
  // A CID has no '~'; alone it is behind all of them.
  const auto tilde = rest.find('~', 1);
  const auto cid = rest.substr(0, tilde);
  const auto* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, out.ms);
  if (read.ec != std::errc{} || read.ptr != end || out.ms < first_ms || out.ms > last_ms ||
      cid.empty() || cid.find(between) != cid.npos)
    return fail(errc::invalid, "the cursor '{}' is not MILLISECONDS__CID",
                printable(text.substr(0, 100)));
  out.cid = cid;
  if (tilde != rest.npos) {
    out.uri = rest.substr(tilde + 1);
    std::erase(out.uri, between_colons);
  }
  return out;
}

std::string format_list_cursor(const list_cursor& cursor) {
  return fmt::format("{}__{}{}{}", cursor.ms, cursor.cid, cursor.uri.empty() ? "" : "~",
                     part_colons(cursor.uri));
}

void add_list_params(db::params& to, const std::optional<list_cursor>& after, std::size_t limit,
                     std::size_t more) {
  const auto rows = limit + 1 + more;
  to.timestamptz(time_of(after))
      .int8(static_cast<std::int64_t>(rows))
      .int8(static_cast<std::int64_t>(rows + max_same_millisecond));
}

} // namespace prism::reads
