#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> actor_methods() {
  return {};
}

} // namespace prism::dataplane
