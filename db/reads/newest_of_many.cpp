#include "db/reads/newest_of_many.hpp"

#include "db/pg/row_reader.hpp"

#include <functional>

namespace prism::reads {

std::vector<head> read_heads(const db::result& rows) {
  return db::read_rows<head>(rows, [](head& out, db::row_reader& row) {
    row >> out.originator_id >> db::timestamp(out.sort_at);
  });
}

item_window window_of(std::vector<head> heads, const std::optional<list_cursor>& after,
                      std::size_t wanted) {
  // Items of the cursor's millisecond may have been on the page before, so their heads do not
  // count.
  const auto until = time_of(after);
  const auto older = std::partition(heads.begin(), heads.end(),
                                    [&](const head& each) { return each.sort_at >= until; });
  item_window out;
  out.full = static_cast<std::size_t>(heads.end() - older) >= wanted;
  if (wanted > 0 && out.full) {
    const auto nth = older + static_cast<std::ptrdiff_t>(wanted - 1);
    std::ranges::nth_element(older, nth, heads.end(), std::greater<>{}, &head::sort_at);
    out.begin = nth->sort_at;
  }
  for (const auto& each : heads)
    if (each.sort_at >= out.begin)
      out.originators.push_back(each.originator_id);
  std::ranges::sort(out.originators);
  const auto rest = std::ranges::unique(out.originators);
  out.originators.erase(rest.begin(), rest.end());
  out.originators.resize(std::min(out.originators.size(), max_window_originators));
  return out;
}

void add_window(db::params& to, const std::optional<list_cursor>& after, micros begin,
                std::size_t wanted) {
  to.timestamptz(time_of(after))
      .timestamptz(begin)
      .int8(limit_param(wanted))
      .int8(limit_param(max_same_originator));
}

} // namespace prism::reads
