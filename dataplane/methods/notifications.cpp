#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> notification_methods() {
  return {};
}

} // namespace prism::dataplane
