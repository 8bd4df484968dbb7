#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

/// The test vectors of the protocol, see tests/fixtures/interop/README.md.
namespace interop {

/// The path of a fixture.
inline std::string path(const std::string& name) {
  return std::string{PRISM_SOURCE_DIR} + "/tests/fixtures/interop/" + name;
}

/// The lines of a fixture, without the empty ones and the comments. White space counts.
inline std::vector<std::string> lines(const std::string& name) {
  std::ifstream in{path(name)};
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with('#')) {
      result.push_back(line);
    }
  }
  if (result.empty()) {
    throw std::runtime_error("no vectors in " + path(name));
  }
  return result;
}

/// The whole text of a fixture.
inline std::string text(const std::string& name) {
  std::ifstream in{path(name)};
  std::string result{std::istreambuf_iterator<char>{in}, {}};
  if (result.empty()) {
    throw std::runtime_error("cannot read " + path(name));
  }
  return result;
}

} // namespace interop
