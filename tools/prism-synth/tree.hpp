#pragma once

#include "atproto/cbor/cid.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prism::synth {

/// An encoded block and its CID.
struct block {
  atproto::cid id;
  std::vector<std::byte> data;
};

struct tree_node;

/// The Merkle search tree of a repository in memory (repository spec, "MST Structure"), to be
/// changed record by record. Nodes keep their encoding until something below them changes.
class tree {
public:
  tree();
  ~tree();
  tree(tree&&) noexcept;
  tree& operator=(tree&&) noexcept;

  /// Adds or replaces a record.
  void put(std::string_view path, const atproto::cid& record);

  /// @returns false if there is no such record.
  bool erase(std::string_view path);

  /// The CID of the top node.
  [[nodiscard]] atproto::cid root();

  /// The blocks with which a reader can invert a change of `path`: the nodes on the way to its
  /// position, and their neighbours that merge when it is removed. Appends those that are not in
  /// `to` yet.
  void add_proof(std::string_view path, std::vector<const block*>& to);

private:
  std::unique_ptr<tree_node> root_;
};

} // namespace prism::synth
