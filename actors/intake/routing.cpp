#include "actors/intake/routing.hpp"

#include <cstdint>

namespace prism {

using atproto::frame_kind;

std::size_t shard_of(std::string_view did, std::size_t shards) noexcept {
  // FNV-1a instead of std::hash, whose values may change with the library.
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : did) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  // The low bits of FNV are its weak ones.
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % shards);
}

bool has_shard(frame_kind kind) noexcept {
  return kind == frame_kind::commit || kind == frame_kind::identity ||
         kind == frame_kind::account || kind == frame_kind::sync;
}

} // namespace prism
