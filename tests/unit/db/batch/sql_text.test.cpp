#include "db/batch/sql_text.hpp"
#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/json_codec.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

using namespace prism;
using namespace prism::db;
using namespace std::string_view_literals;

TEST_CASE("NUL in a text becomes U+FFFD") {
  CHECK(sql_text("a text") == "a text");
  CHECK(sql_text("a\0b\0"sv) == "a\uFFFDb\uFFFD");
  CHECK(sql_text(""sv).empty());
}

TEST_CASE("a text is truncated between characters") {
  CHECK(sql_text("aé€", 6) == "aé€");
  CHECK(sql_text("aé€", 5) == "aé");
  CHECK(sql_text("aé€", 3) == "aé");
  CHECK(sql_text("aé€", 2) == "a");
  CHECK(sql_text("aé€", 0).empty());
  CHECK(sql_text("\x80\x80", 1).empty()); // no character at all
}

TEST_CASE("an array literal quotes every item") {
  CHECK(sql_array({}) == "{}");
  CHECK(sql_array({"", "a,b", "NULL"}) == R"({"","a,b","NULL"})");
  CHECK(sql_array({R"(a"b\c)", "{}"}) == R"({"a\"b\\c","{}"})");
  CHECK(sql_array({std::string("a\0b", 3)}) == "{\"a\uFFFDb\"}");
}

TEST_CASE("NUL in JSON becomes U+FFFD, an escaped backslash before u0000 does not") {
  const boost::json::value value{{"key", boost::json::string("a\0b"sv)}, {"path", "\\u0000"}};
  const auto block = atproto::from_json(value).value();
  const auto document = atproto::cbor_document::parse(block).value();
  const auto json = boost::json::parse(sql_json(document.root())).as_object();
  CHECK(json.at("key").as_string() == "a\uFFFDb");
  CHECK(json.at("path").as_string() == "\\u0000");
}

TEST_CASE("pairs of a map are one JSON object") {
  const auto block = atproto::from_json({{"a", 1}, {"b", {true, "x"}}}).value();
  const auto document = atproto::cbor_document::parse(block).value();
  CHECK(sql_json_object({{"b", *document.root().find("b")}, {"a", *document.root().find("a")}}) ==
        R"({"b":[true,"x"],"a":1})");
  CHECK(sql_json_object({}) == "{}");
}

TEST_CASE("no ids are no array") {
  CHECK_FALSE(sql_ids({}));
  CHECK(sql_ids({7, -1}) == "{7,-1}");
}
