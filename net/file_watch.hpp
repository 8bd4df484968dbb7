#pragma once

#include <string>
#include <vector>

namespace prism::net {

/// Notices that files were written or replaced, by their time, size and number. One thread.
class file_watch {
public:
  /// Empty names are left out.
  explicit file_watch(std::vector<std::string> files);

  /// Whether a file has changed, appeared or gone since the last call, or since the beginning.
  [[nodiscard]] bool changed();

private:
  std::vector<std::string> files_;
  std::string seen_;
};

} // namespace prism::net
