#pragma once

#include "atproto/text/base64.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <boost/json.hpp>
#include <cstddef>
#include <string_view>
#include <vector>

namespace prism::test {

/// JSON of more levels than Boost takes by itself.
inline boost::json::value parse_deep(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 2'000;
  return boost::json::parse(boost::json::string_view{text.data(), text.size()}, {}, options);
}

/// One kind of the cases that were put to the official packages, with their answers
/// (tests/fixtures/decoding/README.md).
inline const boost::json::array& decoding_cases(std::string_view kind) {
  static const auto all = parse_deep(read_source_file("tests/fixtures/decoding/cases.json"));
  return all.at(boost::json::string_view{kind.data(), kind.size()}).as_array();
}

/// The input of a case.
inline std::vector<std::byte> bytes_of(const boost::json::value& one) {
  return atproto::base64_decode(text_of(one.at("bytes"))).value();
}

} // namespace prism::test
