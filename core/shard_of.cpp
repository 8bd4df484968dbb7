#include "core/shard_of.hpp"

#include "core/hash.hpp"

#include <cstdint>

namespace prism {

std::size_t shard_of(std::string_view did, std::size_t shards) noexcept {
  const std::uint64_t hash = fnv1a(did);
  // The low bits of FNV are its weak ones.
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % shards);
}

} // namespace prism
