#pragma once

#include "dataplane/call.hpp"

#include <string>
#include <string_view>

namespace prism::dataplane {

/// One method of the service. A method with `run` needs a database session; one with
/// `at_once` needs none and is answered on the server's thread.
struct method {
  std::string_view name; ///< "GetActors"
  /// @param request the encoded message
  /// @returns the encoded answer
  answer<std::string> (*run)(call& with, std::string_view request){nullptr};
  answer<std::string> (*at_once)(std::string_view request){nullptr};
};

} // namespace prism::dataplane
