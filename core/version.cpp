#include "core/version.hpp"

namespace prism {

std::string_view version() noexcept {
  return PRISM_VERSION;
}

std::string_view revision() noexcept {
  return PRISM_REVISION;
}

} // namespace prism
