#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prism::metrics {

/// What there is to say about one family of metrics.
struct family_info {
  std::string name;      ///< in full, with its prefix
  std::string_view type; ///< counter, gauge or histogram
  std::vector<std::string> labels;
  std::string help;
};

} // namespace prism::metrics
