#include "core/cluster/protocol.hpp"

// Takes the place of core/cluster/protocol.cpp in nodes of other versions, which a test of upgrades
// runs.
namespace prism::cluster {

protocol_range own_protocol() noexcept {
  return {.min = PRISM_OTHER_MIN, .max = PRISM_OTHER_MAX};
}

} // namespace prism::cluster
