#include "atproto/identity/identity_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::atproto;

namespace {

const std::string mark = "\xEF\xBB\xBF";

} // namespace

TEST_CASE("byte order marks before JSON are taken away, at most two") {
  CHECK(readable_json(mark + "{}") == "{}");
  CHECK(readable_json(mark + mark + "{}") == "{}");
  CHECK(readable_json(mark + mark + mark + "{}") == mark + "{}");
  CHECK(readable_json("{\"" + mark + "\"}") == "{\"" + mark + "\"}");
  CHECK(readable_json(mark).empty());
}

TEST_CASE("escapes of lone surrogates become U+FFFD, those of pairs stay") {
  CHECK(readable_json(R"("\ud800")") == R"("\ufffd")");
  CHECK(readable_json(R"("\uDC00x")") == R"("\ufffdx")");
  CHECK(readable_json(R"("\ud83d\ude00")") == R"("\ud83d\ude00")");
  CHECK(readable_json(R"("\ud83d\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
  CHECK(readable_json(R"("\ud83d\n")") == R"("\ufffd\n")");
  CHECK(readable_json(R"("\\ud800")") == R"("\\ud800")");
  CHECK(readable_json(R"("\\\ud800")") == R"("\\\ufffd")");
  CHECK(readable_json(R"("\u00e9\ud8)") == R"("\u00e9\ud8)"); // broken JSON stays broken
  CHECK(readable_json("\"\\") == "\"\\");
}

TEST_CASE("bytes of JSON that are not UTF-8 become U+FFFD") {
  CHECK(readable_json("\"\xFF\"") == "\"\xEF\xBF\xBD\"");
}

TEST_CASE("white space of Unicode and byte order marks are trimmed at both ends") {
  CHECK(trimmed("  x \r\n\t\v\f") == "x");
  CHECK(trimmed(mark + " \xC2\xA0\xE3\x80\x80x y\xE2\x80\xA8" + mark) == "x y");
  CHECK(trimmed("\xE2\x80\x8Bx") == "\xE2\x80\x8Bx"); // zero width, no white space
  CHECK(trimmed("\xC2\x85x") == "\xC2\x85x");         // next line, neither
  CHECK(trimmed(" \n").empty());
  CHECK(trimmed("").empty());
}
