#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

namespace {

answer<void> ping(const bsky::PingRequest& /*in*/, bsky::PingResponse& /*out*/) {
  return {};
}

constexpr method methods[] = {at_once<ping>("Ping")};

} // namespace

std::span<const method> empty_methods() {
  return methods;
}

} // namespace prism::dataplane
