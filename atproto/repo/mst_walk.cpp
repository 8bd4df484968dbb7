#include "atproto/repo/mst_walk.hpp"

#include "atproto/repo/mst_node.hpp"

#include <string>

namespace prism::atproto {
namespace {

// Recursion is as deep as the layer of the root, 128 at most.
class walk {
public:
  walk(const car_view& blocks, const mst_visitor& visitor) : blocks_(blocks), visitor_(visitor) {}

  expected<void> from_root(const cid& root) {
    const auto block = blocks_.find(root);
    if (!block)
      return fail(errc::not_found, "mst: root {} is not in the CAR", root.to_string());
    const auto node = decode(root, *block);
    if (!node)
      return tl::unexpected(node.error());
    if (!node->layer() && node->left())
      return refuse(root, "the top node has no entries but a subtree");
    return visit(root, *node, node->layer().value_or(0));
  }

  [[nodiscard]] const mst_walk_result& result() const noexcept { return result_; }

private:
  static tl::unexpected<error> refuse(const cid& id, std::string_view reason) {
    return fail(errc::invalid, "mst: node {}: {}", id.to_string(), reason);
  }

  expected<mst_node> decode(const cid& id, std::span<const std::byte> block) {
    // In a valid tree every node has one parent, so a walk longer than the list of blocks has
    // visited one of them twice.
    if (result_.nodes >= blocks_.blocks().size())
      return refuse(id, "the tree visits a node twice");
    ++result_.nodes;
    auto node = mst_node::decode(block);
    if (!node)
      return fail(node.error().code, "mst: node {}: {}", id.to_string(), node.error().message);
    return node;
  }

  expected<void> visit(const cid& id, const mst_node& node, unsigned layer) {
    if (auto done = descend(id, node.left(), layer); !done)
      return done;
    for (const auto& entry : node.entries()) {
      if (result_.entries > 0 && entry.key <= previous_)
        return refuse(id, "a key is not greater than the one before");
      previous_ = entry.key;
      ++result_.entries;
      visitor_(entry.key, entry.value);
      if (auto done = descend(id, entry.right, layer); !done)
        return done;
    }
    return {};
  }

  expected<void> descend(const cid& parent, const std::optional<cid>& child, unsigned layer) {
    if (!child)
      return {};
    if (layer == 0)
      return refuse(parent, "a subtree below layer 0");
    const auto block = blocks_.find(*child);
    if (!block) {
      ++result_.missing;
      return {};
    }
    const auto node = decode(*child, *block);
    if (!node)
      return tl::unexpected(node.error());
    if (node->layer().value_or(layer - 1) != layer - 1)
      return refuse(*child, "not exactly one layer below its parent");
    if (node->entries().empty() && !node->left())
      return refuse(*child, "an empty node inside of a tree");
    return visit(*child, *node, layer - 1);
  }

  const car_view& blocks_;
  const mst_visitor& visitor_;
  mst_walk_result result_;
  std::string previous_;
};

} // namespace

expected<mst_walk_result> walk_mst(const car_view& blocks, const cid& root,
                                   const mst_visitor& visitor) {
  walk run{blocks, visitor};
  if (const auto done = run.from_root(root); !done)
    return tl::unexpected(done.error());
  return run.result();
}

} // namespace prism::atproto
