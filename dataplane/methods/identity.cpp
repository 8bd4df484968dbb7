#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> identity_methods() {
  return {};
}

} // namespace prism::dataplane
