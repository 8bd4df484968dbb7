#include "tests/model/cluster/search.hpp"

#include <algorithm>

namespace prism::model {

namespace {

// Neither stops nor has to end for another process of its name.
[[nodiscard]] bool stays(const world& in, const process& who) {
  const auto* row = in.db.find(who.id);
  const bool replaced = row != nullptr && row->dead_reason == "replaced";
  return !who.stopping && !replaced &&
         std::none_of(in.processes.begin(), in.processes.end(), [&](const auto& each) {
           return &each != &who && each.name == who.name && !each.joined;
         });
}

// What processes wait for ends, one way or the other. What is late is dropped; but the locks of
// hosts that have vanished remain.
void stop_faults(world& in) {
  in.faults_left = 0;
  if (in.away) {
    in.away = false;
    in.came_back = in.now;
  }
  in.late_operations.clear();
  for (auto& each : in.processes) {
    each.paused = each.cut = false;
    each.rate = std::clamp(each.rate, 920, 1080);
  }
  const bool one_stays = std::any_of(in.processes.begin(), in.processes.end(),
                                     [&](const auto& each) { return stays(in, each); });
  if (!one_stays) {
    const auto free = std::find_if(in.names.begin(), in.names.end(), [&](const auto& name) {
      return std::none_of(in.processes.begin(), in.processes.end(),
                          [&](const auto& each) { return each.name == name; });
    });
    in.start(free == in.names.end() ? "X" : *free);
  }
}

/// All shards are written by live members that know their tokens, and somebody leads.
[[nodiscard]] bool is_well(const world& in) {
  for (std::size_t i = 0; i < shard_count; ++i) {
    if (in.db.placement.empty() || in.db.locked_by[i].size() > 0)
      return false;
    const auto& row = in.db.placement[i];
    const bool owned = std::any_of(in.processes.begin(), in.processes.end(), [&](const auto& each) {
      return each.id == row.node && in.db.lives(each.id) &&
             each.tokens[i] == in.db.cursor_epoch[i] && in.last_token[i] == each.tokens[i];
    });
    if (!owned)
      return false;
  }
  return std::any_of(in.processes.begin(), in.processes.end(),
                     [&](const auto& each) { return in.leads(each) && !each.stopping; });
}

} // namespace

std::string recover(world from, int& ticks) {
  // Clocks differ by less than a tenth, things happen at whole ticks, and a round that was under
  // way for long when faults stopped does not count as a success (node_machine::may_declare_dead).
  constexpr int limit = 10 + 2 + 3;
  stop_faults(from);
  for (ticks = 0; ticks < limit; ++ticks) {
    if (is_well(from))
      break;
    from.serve(1);
  }
  if (from.violation.empty() && !is_well(from))
    return "a shard has no owner a ttl and two rounds after the last fault";
  // Those that were elsewhere for want of a better place may go back once.
  from.serve(15);
  const auto view = from.db.view;
  from.serve(15);
  if (from.violation.empty() && !is_well(from))
    return "a shard loses its owner without a fault";
  if (from.violation.empty() && from.db.view != view)
    return "shards move without a fault";
  return from.violation;
}

} // namespace prism::model
