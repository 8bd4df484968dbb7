#include "actors/inspector/snapshots.hpp"
#include "actors/inspector/views.hpp"
#include "core/wall_clock.hpp"
#include "db/inspect/explain.hpp"
#include "inspect/explanation_json.hpp"

namespace prism::views {

namespace {

/// What the firehose last said of each lane.
void add_lanes(explanations::node_facts& to, const snapshots::snapshot& from,
               const node_context& node) {
  const auto* lanes = from.fields.if_contains("lanes");
  if (lanes == nullptr || !lanes->is_array())
    return;
  for (const auto& each : lanes->get_array()) {
    const auto& lane = each.get_object();
    explanations::shard_facts shard;
    shard.number = lane.at("shard").to_number<std::int32_t>();
    shard.queued = lane.at("frames").to_number<std::int64_t>();
    shard.lag_s = lane.at("oldest_seconds").to_number<double>();
    shard.paused = node.paused.paused(names::shard(static_cast<std::size_t>(shard.number)).text(),
                                      steady_clock::now());
    to.shard.push_back(std::move(shard));
  }
}

[[nodiscard]] explanations::node_facts facts_of(command_call& call) {
  const auto& node = call.node;
  const auto& relay = node.metrics.firehose();
  explanations::node_facts out;
  out.service = node.service;
  out.shards = static_cast<std::int32_t>(node.options.shards);
  out.connected = relay.connected->Value() > 0;
  out.highest_seq = static_cast<std::int64_t>(relay.last_seq->Value());
  if (const auto newest = relay.event_timestamp->Value(); newest > 0)
    out.stream_lag_s = seconds_since_1970() - newest;
  out.pending_ttl = node.options.pending_ttl;
  out.history_keep = node.options.history_keep;
  if (const auto firehose = call.last.ask(names::firehose))
    add_lanes(out, *firehose, node);
  return out;
}

} // namespace

expected<view_data> explain(command_call& call) {
  const auto subject = text_argument(call.arguments, "subject");
  if (!subject)
    return tl::unexpected(subject.error());
  const auto found = db::explain(*call.database, *subject, facts_of(call));
  if (!found)
    return fail(errc::transient, "the database cannot answer: {} ({})", found.error().message,
                found.error().sqlstate);
  view_data out;
  out.truncated = found->truncated;
  out.data["explanation"] = explanations::to_json(*found);
  return out;
}

} // namespace prism::views
