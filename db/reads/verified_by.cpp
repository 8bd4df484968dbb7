#include "db/reads/verified_by.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace prism::reads {

// The statement wrote the text, so it has the form that is read here.
std::vector<verification> parse_verified_by(std::string_view list) {
  std::vector<verification> out;
  if (list.empty())
    return out;
  const auto rows = boost::json::parse(boost::json::string_view(list.data(), list.size()));
  constexpr db::micros microseconds = 1'000;
  for (const auto& row : rows.as_array()) {
    const auto& columns = row.as_array();
    const auto text = [&](std::size_t i) { return std::string(columns.at(i).as_string()); };
    out.push_back({.did = text(0),
                   .rkey = text(1),
                   .handle = text(2),
                   .display_name = text(3),
                   .sort_at = columns.at(4).as_int64() * microseconds});
  }
  std::ranges::sort(out, {}, [](const verification& each) {
    return std::pair<db::micros, std::string_view>(each.sort_at, each.did);
  });
  return out;
}

} // namespace prism::reads
