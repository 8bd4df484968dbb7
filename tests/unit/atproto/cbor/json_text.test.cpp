#include "atproto/cbor/json_text.hpp"

#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;

namespace {

/// The JSON text of an item, which must be the value of `to_json`.
std::string text_of(std::span<const std::byte> item) {
  const auto document = cbor_document::parse_received(item, bad_texts::replace).value();
  std::string out;
  append_json(out, document.root());
  CHECK(boost::json::parse(out) == to_json(document.root()));
  return out;
}

std::string text_of(std::string_view hex) {
  return text_of(test::hex(hex));
}

std::string text_of_json(std::string_view json) {
  return text_of(from_json(boost::json::parse({json.data(), json.size()})).value());
}

} // namespace

TEST_CASE("an item becomes JSON text without spaces, maps in their order") {
  CHECK(text_of_json(R"({"bb": 1, "a": [true, false, null, [], {}], "c": -5, "text": "x"})") ==
        R"({"a":[true,false,null,[],{}],"c":-5,"bb":1,"text":"x"})");
  CHECK(text_of_json(R"({"$bytes": "AP/u"})") == R"({"$bytes":"AP/u"})");
  const auto link = R"({"$link":"bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"})";
  CHECK(text_of_json(link) == link);
  CHECK(text_of_json("9223372036854775807") == "9223372036854775807");
  CHECK(text_of("fb3ff8000000000000") == "1.5");
  CHECK(text_of("fb7e37e43c8800759c") == "1e+300");
  CHECK(text_of("1bffffffffffffffff") == "null");
}

TEST_CASE("every character that JSON escapes is escaped, and no other") {
  std::string all;
  for (int c = 0; c < 0x80; ++c)
    all += static_cast<char>(c);
  all += "\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\xA6\x8B";
  const auto text = text_of(cbor_writer{}.text(all).finish().value());
  CHECK(std::string{boost::json::parse(text).as_string()} == all);
  CHECK(text.find("\\u0000") != std::string::npos);
  CHECK(text.find("\\u001f") != std::string::npos);
  CHECK(text.find("\\\"") != std::string::npos);
  CHECK(text.find("\\\\") != std::string::npos);
  CHECK(text.find("\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\xA6\x8B") != std::string::npos);
}

TEST_CASE("keys are escaped like texts, and bytes that are not UTF-8 are replaced") {
  CHECK(text_of("a163612262f5") == R"({"a\"b":true})");
  CHECK(text_of("6361ff62") == "\"a\xEF\xBF\xBD"
                               "b\"");
}
