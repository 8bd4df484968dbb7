#include "dataplane/methods/groups.hpp"

namespace prism::dataplane {

std::span<const method> feed_methods() {
  return {};
}

} // namespace prism::dataplane
