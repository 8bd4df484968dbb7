#pragma once

#include "actors/cluster/node_links.hpp"
#include "actors/dataplane/dataplane_port.hpp"
#include "actors/supervisor.hpp"

#include <memory>
#include <vector>

namespace prism {

class health_port;

/// The actors of a node, in the order in which they start: what others need comes first. Readers
/// only if the data plane's port is open by now. Firehose, shards and janitor run on demand, where
/// the cluster places them (actors/cluster/arrangement.hpp).
[[nodiscard]] std::vector<child_factory> children_of(const node_ptr& node,
                                                     const node_links_ptr& links,
                                                     const dataplane_port_ptr& dataplane,
                                                     const std::shared_ptr<health_port>& health);

/// How the supervisor treats them: it bears more restarts the more actors there are, and those that
/// `chaos-kill-per-minute` causes.
[[nodiscard]] supervision_options supervision_of(const config::options& options);

} // namespace prism
