#pragma once

#include "actors/runtime/cluster_board.hpp"

#include <map>
#include <string>

namespace prism {

/// Which children on demand run in this node, each with its version (core/supervision.hpp):
/// - "firehose": the leader's own ("lead EPOCH"), else the proxy of the leader's ("of NODE");
/// - "janitor": in the leader ("lead EPOCH");
/// - "shard-K": the shard itself where it is placed ("own TOKEN"), and in the leader the proxy of
///   another node's shard ("of NODE TOKEN").
/// A leader that does not trust itself for a while keeps them: its firehose pauses, so that nothing
/// has to be read again if nobody else takes the lead. Pure.
[[nodiscard]] std::map<std::string, std::string> arrange_node(const cluster_snapshot& now);

} // namespace prism
