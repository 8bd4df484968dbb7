#pragma once

#include "atproto/cbor/cid.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace prism::atproto {

/// The signed commit object of a repository, version 3 (repository spec, "Commit Objects"). Views
/// and spans point into the block. Nothing in prismd calls this yet.
struct repo_commit {
  std::string_view did;
  std::string_view rev;
  cid data; ///< root of the MST
  std::optional<cid> prev;
  std::span<const std::byte> sig; ///< raw bytes, not checked
};

/// Decodes a commit block. `block` must outlive the result.
/// @returns `errc::invalid` naming the field that is missing or wrong, or another version.
[[nodiscard]] expected<repo_commit> decode_repo_commit(std::span<const std::byte> block);

/// The signed bytes: the same object without its `sig`, canonically encoded.
/// @returns `errc::invalid` if `block` is not a DAG-CBOR map with a `sig`.
[[nodiscard]] expected<std::vector<std::byte>>
unsigned_repo_commit(std::span<const std::byte> block);

} // namespace prism::atproto
