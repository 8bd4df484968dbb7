#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> count_methods() {
  return {};
}

} // namespace prism::dataplane
