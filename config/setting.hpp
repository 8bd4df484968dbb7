#pragma once

#include <string>

namespace prism::config {

/// A name and value as a source gives them, not validated.
struct setting {
  std::string name;
  std::string value;
  /// Where it is set, for messages: "/etc/prism/prismd.conf:12", "environment variable PRISM_…".
  std::string origin;
};

} // namespace prism::config
