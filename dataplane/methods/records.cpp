#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> record_methods() {
  return {};
}

} // namespace prism::dataplane
