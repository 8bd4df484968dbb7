#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> relation_methods() {
  return {};
}

} // namespace prism::dataplane
