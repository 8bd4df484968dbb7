#include "actors/intake/routing.hpp"

namespace prism {

using atproto::frame_kind;

bool has_shard(frame_kind kind) noexcept {
  return kind == frame_kind::commit || kind == frame_kind::identity ||
         kind == frame_kind::account || kind == frame_kind::sync;
}

} // namespace prism
