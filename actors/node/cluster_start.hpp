#pragma once

#include "actors/cluster/node_links.hpp"
#include "actors/runtime/node_context.hpp"
#include "db/pg/connection.hpp"

namespace prism {

/// Joins the cluster under a new UUID, opens the links, and, if nobody else leads, takes the lead
/// and places the shards: so a node alone can work at once. Fills `node.cluster`. Blocks; before
/// the actors start.
/// Errors: those of `code_at_start`; `errc::invalid` if the cluster refuses this node (its sentence
/// says why).
[[nodiscard]] expected<void> enter_cluster(db::connection& connection, node_context& node,
                                           node_links& links, const std::string& server_start);

} // namespace prism
