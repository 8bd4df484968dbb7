#include "actors/inspector/actor_json.hpp"
#include "actors/inspector/views.hpp"

#include <set>

namespace prism::views {

namespace {

void add_child(node_context& node, boost::json::array& out, const std::string& supervisor,
               const child_status& child, time_point now) {
  boost::json::object shown{{"actor", child.spec.name},
                            {"supervisor", supervisor},
                            {"state", to_string(child.state)},
                            {"restarts", child.restarts},
                            {"last_error", child.last_error}};
  if (child.started_at != time_point{})
    shown["since_seconds"] = seconds_of(now - child.started_at);
  add_activity(shown, node.actors.find(child.spec.name), now);
  out.push_back(std::move(shown));
}

} // namespace

view_data actors(node_context& node) {
  view_data out;
  boost::json::array rows;
  const auto now = steady_clock::now();
  const auto push = [&](auto&& add) {
    if (rows.size() < max_rows)
      add();
    else
      out.truncated = true;
  };
  std::set<std::string> listed;
  for (const auto& branch : node.tree.read())
    for (const auto& child : branch.children)
      push([&] {
        add_child(node, rows, branch.supervisor, child, now);
        listed.insert(child.spec.name);
      });
  // Those that no supervisor has: the root itself, and the sessions, which the pool owns.
  for (const auto& name : node.actors.names())
    if (!listed.contains(name))
      push([&] {
        boost::json::object shown{
            {"actor", name},
            {"supervisor", names::is_db_session(name) ? names::pool.text() : ""},
            {"state", "running"},
            {"restarts", 0},
            {"last_error", ""}};
        add_activity(shown, node.actors.find(name), now);
        rows.push_back(std::move(shown));
      });
  out.data["actors"] = std::move(rows);
  return out;
}

} // namespace prism::views
