#include "actors/cluster/arrangement.hpp"

#include "actors/runtime/directory.hpp"

#include <fmt/format.h>

namespace prism {

std::map<std::string, std::string> arrange_node(const cluster_snapshot& now) {
  std::map<std::string, std::string> out;
  const bool leading = now.led_by_self();
  if (leading) {
    const auto version = fmt::format("lead {}", now.table.lead.epoch);
    out[names::firehose] = version;
    out[names::janitor] = version;
  } else if (const auto* leader = now.leader(); leader != nullptr && leader->id != now.self)
    out[names::firehose] = "of " + leader->id;
  for (const auto& placed : now.table.placement) {
    const auto name = names::shard(static_cast<std::size_t>(placed.shard));
    if (placed.node == now.self)
      out[name] = fmt::format("own {}", placed.token);
    else if (leading && !placed.node.empty())
      out[name] = fmt::format("of {} {}", placed.node, placed.token);
  }
  return out;
}

} // namespace prism
