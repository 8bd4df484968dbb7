#include "actors/runtime/node_readiness.hpp"

#include "core/wall_clock.hpp"

namespace prism {

readiness readiness_of(const node_context& node) {
  auto facts = node.status.facts();
  const auto cluster = node.cluster.read();
  if (const auto* leader = cluster ? cluster->leader() : nullptr;
      leader != nullptr && leader->id != cluster->self)
    facts.read_by = leader->name;
  const auto& firehose = node.metrics.firehose();
  facts.firehose_connected = firehose.connected->Value() != 0;
  if (const auto newest = firehose.event_timestamp->Value(); newest > 0)
    facts.newest_event_age = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::duration<double>(seconds_since_1970() - newest));
  return evaluate_readiness(facts);
}

} // namespace prism
