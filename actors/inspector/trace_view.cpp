#include "actors/inspector/views.hpp"

namespace prism::views {

view_data trace_events(node_context& node) {
  const auto seen = node.events.read(steady_clock::now());
  boost::json::array events;
  for (const auto& event : seen.events) {
    boost::json::array hops;
    for (std::size_t i = 0; i < event.hops.size(); ++i) {
      const auto& hop = event.hops[i];
      hops.push_back({{"where", hop.where},
                      {"at", utc_text(hop.at)},
                      {"after_seconds", seconds_of(hop.at - event.hops.front().at)},
                      {"step_seconds", i == 0 ? 0.0 : seconds_of(hop.at - event.hops[i - 1].at)},
                      {"detail", hop.detail}});
    }
    events.push_back({{"seq", event.seq},
                      {"finished", event.finished},
                      {"hops_left_out", event.hops_left_out},
                      {"hops", std::move(hops)}});
  }
  view_data out;
  out.data = {{"trace", seen.id},
              {"did", seen.of.did},
              {"active", seen.active},
              {"events", std::move(events)}};
  out.data["seq"] = seen.of.seq ? boost::json::value(*seen.of.seq) : boost::json::value{};
  return out;
}

} // namespace prism::views
