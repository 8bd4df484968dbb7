#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> people_methods() {
  return {};
}

} // namespace prism::dataplane
