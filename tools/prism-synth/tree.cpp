#include "tree.hpp"

#include "atproto/repo/mst_key.hpp"
#include "tree_node.hpp"

#include <algorithm>
#include <utility>

namespace prism::synth {

namespace {

using node_ptr = std::unique_ptr<tree_node>;

[[nodiscard]] node_ptr make_node(unsigned layer) {
  auto out = std::make_unique<tree_node>();
  out->layer = layer;
  return out;
}

/// An empty node becomes null.
[[nodiscard]] node_ptr unless_empty(node_ptr node) {
  return node && node->entries.empty() && !node->left ? nullptr : std::move(node);
}

/// Puts nodes without records above a subtree until it reaches `layer`.
[[nodiscard]] node_ptr raise(node_ptr node, unsigned layer) {
  while (node && node->layer < layer) {
    auto above = make_node(node->layer + 1);
    above->left = std::move(node);
    node = std::move(above);
  }
  return node;
}

/// The subtree's records before and behind `path`, which is not among them.
[[nodiscard]] std::pair<node_ptr, node_ptr> split(node_ptr node, std::string_view path) {
  if (!node)
    return {};
  const auto at = node->position(path);
  auto [before, behind] = split(std::move(node->gap(at)), path);
  auto right = make_node(node->layer);
  right->left = std::move(behind);
  const auto first = node->entries.begin() + static_cast<std::ptrdiff_t>(at);
  right->entries.assign(std::make_move_iterator(first),
                        std::make_move_iterator(node->entries.end()));
  node->entries.erase(first, node->entries.end());
  node->gap(at) = std::move(before);
  node->encoded.reset();
  return {unless_empty(std::move(node)), unless_empty(std::move(right))};
}

/// Two subtrees of one layer, of which all of `left` lies before `right`.
[[nodiscard]] node_ptr merge(node_ptr left, node_ptr right) {
  if (!left || !right)
    return left ? std::move(left) : std::move(right);
  auto& last = left->gap(left->entries.size());
  last = merge(std::move(last), std::move(right->left));
  left->entries.insert(left->entries.end(), std::make_move_iterator(right->entries.begin()),
                       std::make_move_iterator(right->entries.end()));
  left->encoded.reset();
  return left;
}

void insert_below(tree_node& node, std::string_view path, const atproto::cid& record,
                  unsigned height) {
  node.encoded.reset();
  const auto at = node.position(path);
  if (node.layer == height) {
    if (at < node.entries.size() && node.entries[at].path == path) {
      node.entries[at].record = record;
      return;
    }
    auto [before, behind] = split(std::move(node.gap(at)), path);
    node.gap(at) = std::move(before);
    node.entries.insert(node.entries.begin() + static_cast<std::ptrdiff_t>(at),
                        {std::string{path}, record, std::move(behind)});
    return;
  }
  auto& child = node.gap(at);
  if (!child)
    child = make_node(node.layer - 1);
  insert_below(*child, path, record, height);
}

bool erase_below(tree_node& node, std::string_view path) {
  const auto at = node.position(path);
  if (at < node.entries.size() && node.entries[at].path == path) {
    auto joined = merge(std::move(node.gap(at)), std::move(node.entries[at].right));
    node.entries.erase(node.entries.begin() + static_cast<std::ptrdiff_t>(at));
    node.gap(at) = std::move(joined);
    node.encoded.reset();
    return true;
  }
  auto& child = node.gap(at);
  if (!child || !erase_below(*child, path))
    return false;
  child = unless_empty(std::move(child));
  node.encoded.reset();
  return true;
}

void add_block(tree_node& node, std::vector<const block*>& to) {
  const auto* encoded = &node.encode();
  if (std::find(to.begin(), to.end(), encoded) == to.end())
    to.push_back(encoded);
}

/// The nodes along one edge of a subtree.
void add_edge(tree_node* node, bool last, std::vector<const block*>& to) {
  while (node != nullptr) {
    add_block(*node, to);
    node = node->gap(last ? node->entries.size() : 0).get();
  }
}

} // namespace

tree::tree() : root_(make_node(0)) {}
tree::~tree() = default;
tree::tree(tree&&) noexcept = default;
tree& tree::operator=(tree&&) noexcept = default;

void tree::put(std::string_view path, const atproto::cid& record) {
  const auto height = atproto::mst_key_height(path);
  if (height > root_->layer) {
    auto [before, behind] = split(unless_empty(std::move(root_)), path);
    root_ = make_node(height);
    root_->left = raise(std::move(before), height - 1);
    root_->entries.push_back({std::string{path}, record, raise(std::move(behind), height - 1)});
    return;
  }
  insert_below(*root_, path, record, height);
}

bool tree::erase(std::string_view path) {
  if (!erase_below(*root_, path))
    return false;
  while (root_->entries.empty() && root_->left)
    root_ = std::move(root_->left);
  if (root_->entries.empty())
    root_->layer = 0;
  return true;
}

atproto::cid tree::root() {
  return root_->encode().id;
}

void tree::add_proof(std::string_view path, std::vector<const block*>& to) {
  auto* node = root_.get();
  while (node != nullptr) {
    add_block(*node, to);
    const auto at = node->position(path);
    if (at < node->entries.size() && node->entries[at].path == path) {
      add_edge(node->gap(at).get(), true, to);
      add_edge(node->entries[at].right.get(), false, to);
      return;
    }
    node = node->gap(at).get();
  }
}

} // namespace prism::synth
