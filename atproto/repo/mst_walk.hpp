#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/repo/car.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace prism::atproto {

/// Counts of a walk over a tree.
struct mst_walk_result {
  std::size_t nodes = 0;   ///< decoded
  std::size_t entries = 0; ///< passed to the visitor
  std::size_t missing = 0; ///< links to subtrees that are not in the CAR
};

/// Called with each path and the CID of its record. The path lives only during the call.
using mst_visitor = std::function<void(std::string_view path, const cid& record)>;

/// Enumerates the entries of the tree at `root` in ascending order of paths. The tree may be
/// partial, as in the blocks of a commit: subtrees that are not in `blocks` are counted as missing;
/// only the root must be present. Nothing in prismd calls this yet.
///
/// Checks what concerns more than one node (repository spec, "MST Structure"): keys ascend over the
/// whole walk, each subtree lies exactly one layer below its parent, only an empty tree has a node
/// with neither entries nor subtree, and the top node has entries. No node is visited twice, so the
/// work is linear in the size of `blocks`.
/// @returns `errc::invalid` or `errc::limit` naming the node and the rule, and `errc::not_found` if
/// `root` is absent. The visitor may have been called before.
[[nodiscard]] expected<mst_walk_result> walk_mst(const car_view& blocks, const cid& root,
                                                 const mst_visitor& visitor);

} // namespace prism::atproto
