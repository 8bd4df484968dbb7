#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prism::metrics {

/// The declaration of one metric family.
struct family_info {
  std::string name;      ///< with its prefix
  std::string_view type; ///< counter, gauge or histogram
  std::vector<std::string> labels;
  std::string help;
};

} // namespace prism::metrics
