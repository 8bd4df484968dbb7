#include "atproto/cbor/json_codec.hpp"

#include "atproto/cbor/cbor.hpp"
#include "atproto/text/base64.hpp"
#include "tests/unit/atproto/fixtures.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::interop_cases;
using test::text_of;
using test::to_hex;

namespace json = boost::json;

namespace {

std::string encoded(std::string_view text) {
  return to_hex(from_json(json::parse({text.data(), text.size()})).value());
}

error refused(const json::value& value) {
  const auto result = from_json(value);
  REQUIRE_FALSE(result);
  return result.error();
}

error refused_text(std::string_view text) {
  return refused(json::parse({text.data(), text.size()}));
}

constexpr std::string_view link_text =
    "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";

} // namespace

TEST_CASE("the data model fixtures have the known bytes and CIDs in both directions") {
  const auto cases = interop_cases("data-model/data-model-fixtures.json");
  REQUIRE(cases.size() == 3);
  for (const auto& each : cases) {
    const auto known = base64_decode(text_of(each.at("cbor_base64"))).value();
    CHECK(from_json(each.at("json")).value() == known);
    CHECK(cid::of_dag_cbor(known).to_string() == text_of(each.at("cid")));
    const auto document = cbor_document::parse(known).value();
    CHECK(to_json(document.root()) == each.at("json"));
  }
}

TEST_CASE("JSON becomes canonical DAG-CBOR with sorted keys") {
  CHECK(encoded(R"({"bb": 1, "a": [true, false, null], "c": -5})") ==
        "a3616183f5f4f661632462626201");
}

TEST_CASE("links and bytes have their own form in JSON") {
  const auto item = cbor_writer{}
                        .begin_map()
                        .key("l")
                        .link(cid::of_dag_cbor(test::hex("a0")))
                        .key("b")
                        .bytes(test::hex("00ffee"))
                        .key("e")
                        .bytes({})
                        .end_map()
                        .finish()
                        .value();
  const auto document = cbor_document::parse(item).value();
  const auto value = to_json(document.root());
  CHECK(json::serialize(value) == R"({"b":{"$bytes":"AP/u"},"e":{"$bytes":""},"l":{"$link":")" +
                                      std::string{link_text} + "\"}}");
  CHECK(from_json(value).value() == item);
}

TEST_CASE("padding of bytes is optional in JSON") {
  CHECK(encoded(R"({"$bytes": "AA=="})") == "4100");
  CHECK(encoded(R"({"$bytes": "AA"})") == "4100");
}

TEST_CASE("numbers must be integers within int64") {
  CHECK(encoded("9223372036854775807") == "1b7fffffffffffffff");
  CHECK(encoded("-9223372036854775808") == "3b7fffffffffffffff");
  CHECK(encoded("123.0") == "187b");
  CHECK(encoded("-1e3") == "3903e7");
  CHECK(encoded("-0.0") == "00");
  CHECK_THAT(refused_text("9223372036854775808").message, Contains("64-bit"));
  CHECK_THAT(refused_text("123.456").message, Contains("floating-point"));
  CHECK_THAT(refused_text("1e16").message, Contains("floating-point"));
  CHECK_THAT(refused_text("1e300").message, Contains("floating-point"));
  CHECK_THAT(refused(std::numeric_limits<double>::quiet_NaN()).message, Contains("floating"));
  CHECK_THAT(refused(std::numeric_limits<double>::infinity()).message, Contains("floating"));
}

TEST_CASE("malformed links and bytes are refused with their place") {
  CHECK_THAT(refused_text(R"({"a": [0, {"$link": 1}]})").message,
             Contains("'/a/1'") && Contains("$link must be text"));
  CHECK_THAT(refused_text(R"({"$link": "."})").message, Contains("multibase"));
  CHECK_THAT(refused_text(R"({"$bytes": [1]})").message, Contains("$bytes must be text"));
  CHECK_THAT(refused_text(R"({"$bytes": "A"})").message, Contains("base64"));
  CHECK_THAT(refused_text(R"({"$bytes": "AA", "x": 1})").message, Contains("no other key"));
  CHECK_THAT(refused_text(R"({"$link": ")" + std::string{link_text} + R"(", "x": 1})").message,
             Contains("no other key"));
}

TEST_CASE("other keys with a dollar sign are plain keys") {
  CHECK(encoded(R"({"$type": "blob"})") == "a165247479706564626c6f62");
}

TEST_CASE("JSON nests as deep as DAG-CBOR may, not deeper") {
  const auto nested = [](int depth, json::value value = 1) {
    for (int i = 0; i < depth; ++i)
      value = json::array{std::move(value)};
    return value;
  };
  CHECK(cbor_document::parse(from_json(nested(64)).value()));
  CHECK(refused(nested(65)).code == errc::limit);
  CHECK(refused(nested(64, json::object{})).code == errc::limit);
  // The objects for links and bytes are no level of the data model.
  CHECK(cbor_document::parse(from_json(nested(64, {{"$bytes", "AA"}})).value()));
  CHECK(cbor_document::parse(from_json(nested(64, {{"$link", link_text}})).value()));
}

TEST_CASE("text that is not UTF-8 is refused") {
  CHECK_THAT(refused(json::string("\xFF")).message, Contains("UTF-8"));
}

TEST_CASE("the order of a map is kept in JSON") {
  const auto input = test::hex("a3 617a 01 6179 02 626161 03");
  CHECK_FALSE(cbor_document::parse(input)); // z before y is not canonical
  const auto sorted = test::hex("a3 6179 02 617a 01 626161 03");
  const auto document = cbor_document::parse(sorted).value();
  CHECK(json::serialize(to_json(document.root())) == R"({"y":2,"z":1,"aa":3})");
}

TEST_CASE("NUL in text survives JSON") {
  const auto input = test::hex("63 610062");
  const auto document = cbor_document::parse(input).value();
  const auto value = to_json(document.root());
  CHECK(json::serialize(value) == "\"a\\u0000b\"");
  CHECK(from_json(value).value() == input);
}
