#include "actors/inspector/arguments.hpp"
#include "actors/inspector/views.hpp"
#include "log/output.hpp"

namespace prism::views {

expected<view_data> log_lines(command_call& call) {
  log::line_filter wanted;
  argument_reader given(call.arguments);
  const auto limit = given.number("limit", 100, 1, max_rows);
  const auto after = given.number("after", -1, -1, INT64_MAX);
  const auto severity = given.text("level", "trace");
  const auto component = given.text("component", "");
  wanted.contains = given.text("text", "");
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  wanted.limit = static_cast<std::size_t>(limit);
  if (after >= 0)
    wanted.after = static_cast<std::uint64_t>(after);
  const auto level = log::level_named(severity);
  if (!level)
    return fail(errc::invalid, "there is no level '{}'", severity);
  wanted.at_least = *level;
  if (!component.empty()) {
    wanted.from = log::component_named(component);
    if (!wanted.from)
      return fail(errc::invalid, "there is no component '{}'; `prismctl log-levels` lists them",
                  component);
  }
  const auto found = log::recent_lines().find(wanted);
  boost::json::array lines;
  for (const auto& line : found.lines)
    lines.push_back({{"number", line.number},
                     {"at", utc_text(line.time)},
                     {"level", log::to_string(line.severity)},
                     {"component", log::to_string(line.from)},
                     {"text", line.text}});
  view_data out;
  out.truncated = found.cut || found.lost;
  out.data = {{"newest", found.newest}, {"oldest", found.oldest}, {"lines", std::move(lines)}};
  return out;
}

view_data log_levels(node_context& /*node*/) {
  const auto now = steady_clock::now();
  boost::json::array rows;
  for (const auto& row : log::levels(now))
    rows.push_back({{"component", log::to_string(row.of)},
                    {"level", log::to_string(row.now)},
                    {"usual", log::to_string(row.usual)},
                    {"for_seconds", row.until ? boost::json::value(seconds_of(*row.until - now))
                                              : boost::json::value{}}});
  view_data out;
  out.data["levels"] = std::move(rows);
  return out;
}

} // namespace prism::views
