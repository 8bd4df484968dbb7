#pragma once

#include <cstddef>
#include <string_view>

namespace prism::atproto {

/// Bytes of the longest key that is accepted: more than the longest collection (317) and record key
/// (512) need together.
inline constexpr std::size_t max_mst_key = 1024;

/// Part of the MST code, which nothing in prismd calls yet. The layer of the tree to which a key
/// belongs, 0 to 128: the leading zero bits of its SHA-256, halved (repository spec, "MST
/// Structure").
[[nodiscard]] unsigned mst_key_height(std::string_view key) noexcept;

/// How many bytes two keys have in common from their beginning.
[[nodiscard]] std::size_t common_prefix(std::string_view a, std::string_view b) noexcept;

/// Whether this can be a repository path as far as the tree cares: two non-empty segments with one
/// slash between, of letters, digits and `.-_:~`, at most `max_mst_key` long. Whether the segments
/// are an NSID and a record key is checked elsewhere.
[[nodiscard]] bool is_mst_key(std::string_view key) noexcept;

} // namespace prism::atproto
