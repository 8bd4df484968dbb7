#include "db/reads/sorted_page.hpp"

#include "core/printable.hpp"
#include "db/reads/page.hpp"

#include <charconv>
#include <fmt/format.h>

namespace prism::reads {

expected<std::optional<list_cursor>> parse_list_cursor(std::string_view text) {
  if (text.empty())
    return std::optional<list_cursor>{};
  // 9999-12-31 in milliseconds; PostgreSQL knows later times, which nobody has.
  constexpr std::int64_t last = end_of_time / 1000;
  list_cursor out;
  const auto split = text.find("__");
  const auto number = text.substr(0, split);
  const auto* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, out.ms);
  if (split == text.npos || read.ec != std::errc{} || read.ptr != end || out.ms < -last ||
      out.ms > last)
    return fail(errc::invalid, "the cursor '{}' is not MILLISECONDS__CID",
                printable(text.substr(0, 100)));
  out.cid = text.substr(split + 2);
  return out;
}

std::string format_list_cursor(const list_cursor& cursor) {
  return fmt::format("{}__{}", cursor.ms, cursor.cid);
}

void add_list_params(db::params& to, const std::optional<list_cursor>& after, std::size_t limit) {
  to.timestamptz(after ? after->ms * 1000 : end_of_time)
      .int8(static_cast<std::int64_t>(limit + 1))
      .int8(static_cast<std::int64_t>(limit + 1 + max_same_millisecond));
}

} // namespace prism::reads
