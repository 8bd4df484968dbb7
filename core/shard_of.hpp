#pragma once

#include <cstddef>
#include <string_view>

namespace prism {

/// The shard of a repo, below `shards` (at least 1): the same for the same DID and number of
/// shards, on every machine and in every version, since cursors depend on it.
[[nodiscard]] std::size_t shard_of(std::string_view did, std::size_t shards) noexcept;

} // namespace prism
