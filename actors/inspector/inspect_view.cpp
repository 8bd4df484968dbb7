#include "actors/inspector/actor_json.hpp"
#include "actors/inspector/snapshots.hpp"
#include "actors/inspector/views.hpp"

namespace prism::views {

expected<view_data> of_actor(command_call& call, const std::string& name) {
  auto found = call.last.ask(name);
  if (!found)
    return fail(errc::not_found, "there is no actor {}; `prismctl actors` lists them", name);
  view_data out;
  out.data = {{"actor", name},
              {"answered", found->answered},
              {"age_seconds", seconds_of(found->age)},
              {"snapshot", std::move(found->fields)}};
  add_activity(out.data, call.node.actors.find(name), steady_clock::now());
  return out;
}

expected<view_data> inspect(command_call& call) {
  const auto name = text_argument(call.arguments, "actor");
  if (!name)
    return tl::unexpected(name.error());
  return of_actor(call, *name);
}

} // namespace prism::views
