#include "atproto/text/utf8.hpp"

#include <catch2/catch.hpp>
#include <string>

using prism::atproto::is_utf8;

namespace {

// The encoding of any number as UTF-8 would have it, whether that is allowed or not.
std::string encode(std::uint32_t code, int length) {
  if (length == 1)
    return {static_cast<char>(code)};
  std::string text(static_cast<std::size_t>(length), '\0');
  for (int i = length - 1; i > 0; --i) {
    text[static_cast<std::size_t>(i)] = static_cast<char>(0x80U | (code & 0x3FU));
    code >>= 6U;
  }
  text[0] = static_cast<char>((0xF00U >> static_cast<unsigned>(length)) | code);
  return text;
}

} // namespace

TEST_CASE("a code point is valid in its shortest form, unless it is a surrogate or too large") {
  const auto shortest = [](std::uint32_t code) {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  };
  for (std::uint32_t code = 0; code < 0x120000; ++code) {
    const bool allowed = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
    for (int length = shortest(code); length <= 4; ++length)
      if (is_utf8(encode(code, length)) != (allowed && length == shortest(code)))
        FAIL("code point " << code << " in " << length << " bytes");
  }
}

TEST_CASE("a sequence that is cut or broken is refused at every place in a text") {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string blanks(before, 'a');
    const auto valid = [&](std::string_view middle, bool with_tail = true) {
      std::string text = blanks;
      text += middle;
      return is_utf8(with_tail ? text += blanks : text);
    };
    INFO("after " << before << " bytes");
    CHECK(valid(""));
    CHECK(valid("\xF0\x9F\x98\x80"));
    CHECK(valid("\xF0\x9F\x98\x80", false));
    CHECK_FALSE(valid("\xF0\x9F\x98", false));
    CHECK_FALSE(valid("\xF0\x9F\x98"
                      "a"));
    CHECK_FALSE(valid("\xF0\x9F"
                      "a\x80"));
    CHECK_FALSE(valid("\x80"));
    CHECK_FALSE(valid("\xFF"));
    CHECK_FALSE(valid("\xC3", false));
  }
}

TEST_CASE("what is not UTF-8 is replaced as the Encoding Standard says") {
  // The right column was printed by the TextDecoder of Node 22.
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z", "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"},
      {"a\xFFz", "a?z"},
      {"\xED\xA0\x80", "???"},      // a surrogate
      {"\xC0\x80", "??"},           // overlong
      {"\xE2\x82", "?"},            // cut short
      {"\xE2\x82z", "?z"},          // cut short
      {"\xF0\x9F\x98", "?"},        // cut short
      {"\xF0\x9Fz\x80", "?z?"},     // cut short
      {"\xF4\x90\x80\x80", "????"}, // beyond U+10FFFF
      {"\xF5\x80", "??"},           // no lead byte
      {"\xE2\xE2\x82\xAC", "?\xE2\x82\xAC"},
      {"\xEF\xBB\xBFz", "\xEF\xBB\xBFz"},
  };
  for (const auto& [input, marked] : cases) {
    std::string expected;
    for (const char c : marked)
      expected += c == '?' ? std::string{"\xEF\xBF\xBD"} : std::string{c};
    INFO(input);
    CHECK(prism::atproto::with_replacements(input) == expected);
    CHECK(is_utf8(expected));
  }
}
