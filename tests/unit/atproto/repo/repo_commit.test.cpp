#include "atproto/repo/repo_commit.hpp"

#include "atproto/cbor/json_codec.hpp"
#include "tests/unit/atproto/frame/frame_maker.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;

namespace json = boost::json;

namespace {

json::object sound() {
  return {{"did", "did:plc:abc"},   {"version", 3},    {"data", {{"$link", test::some_link}}},
          {"rev", "3kdgeujwlq32y"}, {"prev", nullptr}, {"sig", {{"$bytes", "AAEC"}}}};
}

void refuse(std::string_view key, const std::optional<json::value>& value,
            const std::string& reason) {
  auto broken = sound();
  if (value)
    broken[key] = *value;
  else
    broken.erase(key);
  const auto result = decode_repo_commit(from_json(broken).value());
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Contains("'" + std::string{key} + "'") && Contains(reason));
}

} // namespace

TEST_CASE("a commit object is decoded with all of its fields") {
  const auto block = from_json(sound()).value();
  const auto commit = decode_repo_commit(block).value();
  CHECK(commit.did == "did:plc:abc");
  CHECK(commit.rev == "3kdgeujwlq32y");
  CHECK(commit.data.to_string() == test::some_link);
  CHECK_FALSE(commit.prev);
  CHECK(test::to_hex(commit.sig) == "000102");
}

TEST_CASE("prev of a commit object may be a link or absent") {
  auto object = sound();
  object["prev"] = {{"$link", test::other_link}};
  CHECK(decode_repo_commit(from_json(object).value())->prev->to_string() == test::other_link);
  object.erase("prev");
  CHECK_FALSE(decode_repo_commit(from_json(object).value())->prev);
}

TEST_CASE("a commit object that breaks a rule is refused by its field") {
  for (const auto* key : {"did", "version", "data", "rev", "sig"}) {
    refuse(key, std::nullopt, "is missing");
    refuse(key, true, "is boolean");
  }
  refuse("version", 2, "must be 3");
  refuse("version", 4, "must be 3");
  refuse("prev", "x", "must be link");
  refuse("sig", json::value{{"$bytes", std::string(1368, 'A')}}, "at most 1024");
  CHECK_FALSE(decode_repo_commit({}));
  CHECK_FALSE(decode_repo_commit(test::hex("01")));
}

TEST_CASE("what was signed is the object without its signature") {
  auto object = sound();
  object["later"] = {1, 2};
  const auto block = from_json(object).value();
  object.erase("sig");
  CHECK(unsigned_repo_commit(block).value() == from_json(object).value());
  CHECK_FALSE(unsigned_repo_commit(from_json(object).value()));
  CHECK_FALSE(unsigned_repo_commit(test::hex("00")));
}
