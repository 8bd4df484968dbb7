#include "actors/intake/routing.hpp"

#include "core/hash.hpp"

#include <cstdint>

namespace prism {

using atproto::frame_kind;

std::size_t shard_of(std::string_view did, std::size_t shards) noexcept {
  const std::uint64_t hash = fnv1a(did);
  // The low bits of FNV are its weak ones.
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % shards);
}

bool has_shard(frame_kind kind) noexcept {
  return kind == frame_kind::commit || kind == frame_kind::identity ||
         kind == frame_kind::account || kind == frame_kind::sync;
}

} // namespace prism
