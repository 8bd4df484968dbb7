#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> list_methods() {
  return {};
}

} // namespace prism::dataplane
