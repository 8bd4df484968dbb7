#include "atproto/cbor/data_model.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/text/base64.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::interop_cases;
using test::text_of;

namespace json = boost::json;

namespace {

expected<void> check(const json::value& value) {
  const auto bytes = from_json(value);
  if (!bytes)
    return tl::unexpected(bytes.error());
  const auto document = cbor_document::parse(*bytes).value();
  return check_data_model(document.root());
}

json::object blob() {
  return {{"$type", "blob"},
          {"ref", {{"$link", "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"}}},
          {"mimeType", "image/jpeg"},
          {"size", 10000}};
}

void refuse_blob(std::string_view key, const json::value& value) {
  auto broken = blob();
  broken[key] = value;
  const auto result = check({{"list", {1, {{"x", broken}}}}});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::invalid);
  CHECK_THAT(result.error().message, Contains("'" + std::string{key} + "'"));
}

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
    CHECK(check_data_model(document.root()));
  }
}

TEST_CASE("the valid data model fixtures pass") {
  const auto cases = interop_cases("data-model/data-model-valid.json");
  REQUIRE(cases.size() == 5);
  for (const auto& each : cases) {
    INFO(text_of(each.at("note")));
    CHECK(check(each.at("json")));
  }
}

TEST_CASE("the invalid data model fixtures are refused") {
  const auto cases = interop_cases("data-model/data-model-invalid.json");
  REQUIRE(cases.size() == 12);
  for (const auto& each : cases) {
    INFO(text_of(each.at("note")));
    const auto result = check(each.at("json"));
    REQUIRE_FALSE(result);
    CHECK(result.error().code == errc::invalid);
  }
}

TEST_CASE("a blob must have all of its fields, wherever it is") {
  CHECK(check({{"list", {1, {{"x", blob()}}}}}));
  refuse_blob("ref", nullptr);
  refuse_blob("ref", {{"$link", "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}});
  refuse_blob("mimeType", "");
  refuse_blob("mimeType", 1);
  refuse_blob("size", 0);
  refuse_blob("size", -1);
  refuse_blob("size", "10000");
}

TEST_CASE("legacy blobs and unknown dollar fields pass") {
  CHECK(check({{"cid", "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},
               {"mimeType", "image/jpeg"}}));
  CHECK(check({{"$unheard-of", {1, 2}}}));
}
