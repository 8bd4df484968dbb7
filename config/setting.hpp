#pragma once

#include <string>

namespace prism::config {

/// One value that a source gives to one name, before anybody has judged either.
struct setting {
  std::string name;
  std::string value;
  /// Where it stands, for messages: "/etc/prism/prismd.conf:12", "environment variable PRISM_…".
  std::string origin;
};

} // namespace prism::config
