#pragma once

#include "tree.hpp"

#include <optional>

namespace prism::synth {

struct tree_entry {
  std::string path;
  atproto::cid record;
  std::unique_ptr<tree_node> right; ///< between this record and the next
};

/// A node, the top of the subtree of all records between two others.
struct tree_node {
  unsigned layer{0};
  std::unique_ptr<tree_node> left;
  std::vector<tree_entry> entries;
  std::optional<block> encoded; ///< empty: changed since the last encoding

  /// Index of the first record that is not before `path`.
  [[nodiscard]] std::size_t position(std::string_view path) const;

  /// The subtree before the record at `index`.
  [[nodiscard]] std::unique_ptr<tree_node>& gap(std::size_t index) {
    return index == 0 ? left : entries[index - 1].right;
  }

  /// The node's block, encoded again if it has changed.
  [[nodiscard]] const block& encode();
};

} // namespace prism::synth
