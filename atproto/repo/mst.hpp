#pragma once

/// The Merkle search tree of a repository: its keys, its nodes, and the walk over a tree. Nothing
/// in prismd calls this yet.

#include "atproto/repo/mst_key.hpp"  // IWYU pragma: export
#include "atproto/repo/mst_node.hpp" // IWYU pragma: export
#include "atproto/repo/mst_walk.hpp" // IWYU pragma: export
