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

} // namespace prism::views
