#include "core/error.hpp"

namespace prism {

std::string_view to_string(errc code) noexcept {
  switch (code) {
  case errc::invalid:
    return "invalid";
  case errc::limit:
    return "limit";
  case errc::not_found:
    return "not_found";
  case errc::io:
    return "io";
  case errc::timeout:
    return "timeout";
  case errc::closed:
    return "closed";
  case errc::cancelled:
    return "cancelled";
  case errc::transient:
    return "transient";
  case errc::fatal:
    return "fatal";
  }
  return "unknown";
}

} // namespace prism
