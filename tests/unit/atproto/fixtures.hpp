#pragma once

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace prism::test {

/// The bytes of a file in the source tree.
inline std::string read_source_file(const std::string& path) {
  std::ifstream file{std::string{PRISM_SOURCE_DIR} + "/" + path, std::ios::binary};
  if (!file)
    throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// An array of cases from the interop fixtures of the protocol.
inline boost::json::array interop_cases(const std::string& name) {
  return boost::json::parse(read_source_file("tests/fixtures/interop/" + name)).as_array();
}

inline std::string text_of(const boost::json::value& value) {
  return boost::json::value_to<std::string>(value);
}

} // namespace prism::test
