#include "core/cluster/protocol.hpp"

namespace prism::cluster {

protocol_range own_protocol() noexcept {
  return {.min = 1, .max = 1};
}

} // namespace prism::cluster
