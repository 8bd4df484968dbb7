#pragma once

#include "atproto/cbor/cid.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism::test {

/// One entry of a node to be encoded, as it is: nothing is checked.
struct raw_mst_entry {
  std::int64_t prefix;
  std::string suffix;
  atproto::cid value;
  std::optional<atproto::cid> right;
};

std::vector<std::byte> encode_mst_node(const std::optional<atproto::cid>& left,
                                       const std::vector<raw_mst_entry>& entries);

/// A Merkle search tree built from scratch.
struct made_mst {
  atproto::cid root;
  std::map<atproto::cid, std::vector<std::byte>> nodes;

  /// A CAR of all nodes.
  [[nodiscard]] std::vector<std::byte> car() const;
};

/// The tree of these paths and records, as the specification determines it.
made_mst make_mst(const std::map<std::string, atproto::cid>& records);

} // namespace prism::test
