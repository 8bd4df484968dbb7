#pragma once

#include "core/cluster/table.hpp"

namespace prism::cluster {

/// The versions of messages between nodes that this program speaks. A changed message raises max;
/// min rises when no node that is worth an upgrade without a gap speaks the older ones
/// (docs/CLUSTER.md).
[[nodiscard]] protocol_range own_protocol() noexcept;

} // namespace prism::cluster
