#pragma once

#include "atproto/cbor/cid.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace prism::atproto {

/// Entries of one MST node. A tree has 4 on average, but an attacker who chooses keys can force
/// more. Together with `max_mst_key` it bounds what the expansion of key prefixes can cost: 16 MiB.
inline constexpr std::size_t max_mst_entries = 16'384;

/// One record of an MST node, and the subtree between it and the next.
struct mst_entry {
  std::string_view key; ///< whole, `collection/rkey`; lives as long as its node
  cid value;            ///< of the record
  std::optional<cid> right;
};

/// A node of the Merkle search tree of a repository (repository spec, "MST Structure"), decoded and
/// checked as far as one node can be: its fields, keys that are valid, ascending, compressed by
/// exactly their common prefix, and all of one height; links to subtrees that are dag-cbor. Owns
/// its keys; `block` is not needed after decoding. Nothing in prismd calls this yet.
class mst_node {
public:
  /// @returns `errc::invalid` or `errc::limit` naming the entry and the rule.
  [[nodiscard]] static expected<mst_node> decode(std::span<const std::byte> block);

  mst_node(mst_node&&) noexcept = default;
  mst_node& operator=(mst_node&&) noexcept = default;
  mst_node(const mst_node&) = delete;
  mst_node& operator=(const mst_node&) = delete;
  ~mst_node() = default;

  /// The subtree of all keys before those of this node.
  [[nodiscard]] const std::optional<cid>& left() const noexcept { return left_; }

  /// In ascending order of keys; may be empty.
  [[nodiscard]] std::span<const mst_entry> entries() const noexcept { return entries_; }

  /// The height of its keys; a node without entries does not know its own.
  [[nodiscard]] std::optional<unsigned> layer() const noexcept { return layer_; }

private:
  mst_node() = default;

  std::vector<char> keys_; // of all entries, one behind the other
  std::vector<mst_entry> entries_;
  std::optional<cid> left_;
  std::optional<unsigned> layer_;
};

} // namespace prism::atproto
