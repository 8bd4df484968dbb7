#include "actors/inspector/actor_json.hpp"

#include "actors/inspector/views.hpp"

namespace prism::views {

void add_activity(boost::json::object& to, const caf::strong_actor_ptr& actor, time_point now) {
  const auto* activity = activity_of(actor);
  if (activity == nullptr)
    return;
  const auto seen = activity->read(now);
  to["mailbox"] = {{"depth", seen.waiting}, {"oldest_seconds", seconds_of(seen.oldest)}};
  to["handled"] = seen.handled;
  to["handling"] = seen.handling ? boost::json::value{{"message", seen.last_message},
                                                      {"seconds", seconds_of(*seen.handling)}}
                                 : boost::json::value{};
  boost::json::array types;
  for (const auto& each : seen.types)
    types.push_back({{"message", each.type},
                     {"handled", each.handled},
                     {"seconds", each.seconds},
                     {"p99_seconds", each.p99},
                     {"max_seconds", each.max}});
  to["messages"] = std::move(types);
}

boost::json::array stuck_actors(const node_context& node, time_point now) {
  boost::json::array out;
  for (const auto& name : node.actors.names()) {
    const auto actor = node.actors.find(name);
    const auto* activity = activity_of(actor);
    if (activity == nullptr || out.size() == max_rows)
      continue;
    const auto seen = activity->read(now);
    const bool busy = seen.handling && *seen.handling > stuck_after;
    if (!busy && seen.oldest <= stuck_after)
      continue;
    boost::json::object shown{{"actor", name}, {"waiting", seen.waiting}};
    if (busy) {
      shown["message"] = seen.last_message;
      shown["seconds"] = seconds_of(*seen.handling);
      shown["what"] = fmt::format("{} has been handling {} for {:.0f} s, {} messages wait", name,
                                  seen.last_message, seconds_of(*seen.handling), seen.waiting);
    } else {
      shown["seconds"] = seconds_of(seen.oldest);
      shown["what"] = fmt::format("{} has not taken the first of its {} messages for {:.0f} s",
                                  name, seen.waiting, seconds_of(seen.oldest));
    }
    out.push_back(std::move(shown));
  }
  return out;
}

} // namespace prism::views
