#pragma once

#include "fixtures.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace prism::test {

/// The lines of an interop fixture, without the empty ones and the comments. White space counts.
inline std::vector<std::string> interop_lines(const std::string& name) {
  std::istringstream in{read_source_file("tests/fixtures/interop/" + name)};
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && !line.starts_with('#'))
      result.push_back(line);
  if (result.empty())
    throw std::runtime_error("no vectors in " + name);
  return result;
}

} // namespace prism::test
