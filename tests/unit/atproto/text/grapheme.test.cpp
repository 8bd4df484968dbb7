#include "atproto/text/grapheme.hpp"
#include "atproto/text/grapheme_table.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::atproto;

// The numbers were printed by Intl.Segmenter of Node 20 (ICU 78, Unicode 17).
TEST_CASE("graphemes are counted as the official AppView counts them") {
  const std::pair<std::string, std::size_t> cases[] = {
      {"", 0},
      {"abc", 3},
      {"a\r\nb", 3},
      {"\n\r", 2},
      {"a\u0301\u0302b", 2},
      {"\u0301", 1},
      {"\n\u0301", 2},
      {"\u0903a", 2},
      {"a\u0903", 1},
      {"\u0600a", 1},                                            // prepend
      {"\u0600\n", 2},                                           //
      {"👍🏽", 1},                                           // skin tone
      {"👨‍👩‍👧‍👦", 1},                          // family
      {"👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2}, //
      {"🏳️‍🌈", 1},                                     // flag of parts
      {"👩\u200Da", 2},                                           // joiner before a letter
      {"a\u200D👩", 2},                                           // joiner behind one
      {"👩\u200D\u0301👩", 2},                                     // mark behind the joiner
      {"👩\u200D\u200D👩", 2},                                     // two joiners
      {"🇩🇪", 1},                                                 // regional indicators
      {"🇩🇪🇫🇷", 2},                                               //
      {"🇩🇪🇫", 2},                                                //
      {"\u1100\u1161\u11A8", 1},                                 // Hangul jamo
      {"\uAC00\u11A8", 1},                                       // LV T
      {"\uAC01\u11A8", 1},                                       // LVT T
      {"\uAC01\u1161", 2},                                       // LVT V
      {"\u1100\u1100\uAC00", 1},                                 // L L LV
      {"\u0915\u094D\u0937", 1},                                 // conjunct (not in Unicode 15.0)
      {"\u0915\u094D\u200D\u0937", 1},                           //
      {"\u0915\u094D\u200C\u0937", 2},                           // ZWNJ parts it
      {"\u0915\u093C\u094D\u0937\u093F", 1},                     //
      {"\u0915\u0937", 2},                                       //
      {"a\u094D\u0937", 2},                                      //
      {"क्षत्रिय", 3},                                             //
      {std::string("a\0b", 3), 3},                               // NUL is a control character
      {"★\u200D★", 2}, // no pictograph any more in Unicode 17
  };
  for (const auto& [text, count] : cases) {
    INFO(text);
    CHECK(count_graphemes(text) == count);
  }
}

TEST_CASE("bytes that are not UTF-8 count as one each and are never read past") {
  CHECK(count_graphemes("\xFF\xFE") == 2);
  CHECK(count_graphemes("a\xE2\x82") == 3);
  CHECK(count_graphemes("\xF0") == 1);
}

TEST_CASE("the table of graphemes is sorted and free of overlaps") {
  const auto ranges = detail::grapheme_ranges();
  REQUIRE_FALSE(ranges.empty());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    CHECK(ranges[i].first <= ranges[i].last);
    CHECK((i == 0 || ranges[i - 1].last < ranges[i].first));
    CHECK((ranges[i].last < 0xAC00 || ranges[i].first > 0xD7A3));
  }
}
