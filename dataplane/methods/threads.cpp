#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> thread_methods() {
  return {};
}

} // namespace prism::dataplane
