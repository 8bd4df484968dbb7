#pragma once

#include "actors/runtime/directory.hpp"
#include "messages/interfaces.hpp"

#include <caf/send.hpp>
#include <memory>
#include <utility>

namespace prism {

/// Has an identity looked up that was given, but is old; nobody waits for it. Any thread.
inline void refresh_identity(const directory& actors, db::wanted_identity wanted) {
  if (const auto identity = actors.find(names::identity))
    caf::anon_send(identity,
                   resolve_identity{std::make_shared<const db::wanted_identity>(std::move(wanted)),
                                    /*waits=*/false});
}

} // namespace prism
