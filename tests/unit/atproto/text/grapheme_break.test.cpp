#include "atproto/text/grapheme.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>
#include <charconv>
#include <sstream>
#include <string>

using namespace prism::atproto;

namespace {

std::string utf8_of(char32_t c) {
  const auto tail = [c](unsigned shift) { return static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
  if (c < 0x80)
    return {static_cast<char>(c)};
  if (c < 0x800)
    return {static_cast<char>(0xC0U | c >> 6U), tail(0)};
  if (c < 0x10000)
    return {static_cast<char>(0xE0U | c >> 12U), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | c >> 18U), tail(12), tail(6), tail(0)};
}

// Marks the boundaries that `count_graphemes` finds in the code points of a line of the file, in
// the notation of the file: a code point begins a cluster if it increases the count.
std::string marked(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string result;
  std::string text;
  for (std::string word; words >> word;) {
    std::uint32_t code_point = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), code_point, 16).ec != std::errc{})
      continue; // a mark
    const auto before = count_graphemes(text);
    text += utf8_of(code_point);
    result += count_graphemes(text) > before ? "÷ " : "× ";
    result += word + " ";
  }
  return result + "÷";
}

// The file is of Unicode 15.0 and our table of 17. In 17, U+2701 is no pictograph any more, so a
// joiner does not bind two of them (GB11); nothing else of the file has changed.
const std::string changed_line = "÷ 2701 × 200D × 2701 ÷";
const std::string line_of_unicode_17 = "÷ 2701 × 200D ÷ 2701 ÷";

} // namespace

TEST_CASE("graphemes end where GraphemeBreakTest says") {
  std::istringstream lines(
      prism::test::read_source_file("tests/fixtures/unicode/GraphemeBreakTest-15.0.0.txt"));
  std::size_t checked = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#'))
      continue;
    CHECK(marked(line) == (line == changed_line ? line_of_unicode_17 : line));
    ++checked;
  }
  CHECK(checked == 602);
}
