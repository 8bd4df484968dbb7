#include "atproto/identity/did_document.hpp"
#include "atproto/identity/identity.hpp"
#include "atproto/syntax/syntax.hpp"
#include "tests/unit/atproto/decoding_cases.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

// What the official packages made of each case when they were run (tests/fixtures/decoding), and
// what we make of it: the same parts.

using namespace prism::atproto;
using prism::test::bytes_of;
using prism::test::decoding_cases;
using prism::test::text_of;
namespace json = boost::json;

namespace {

constexpr std::string_view did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

} // namespace

TEST_CASE("every DID document has the parts that the official packages find in it") {
  for (const auto& one : decoding_cases("documents")) {
    const auto input = bytes_of(one);
    const auto& told = one.at("reference").as_object();
    const auto parsed =
        did_document::parse({reinterpret_cast<const char*>(input.data()), input.size()});
    INFO(text_of(one.at("name")) << "\n  reference: " << json::serialize(told));
    if (told.contains("error")) {
      // It wants all of them.
      CHECK_FALSE(
          (parsed && parsed->did == did && parsed->handle && parsed->pds && parsed->signing_key));
      continue;
    }
    REQUIRE(parsed);
    CHECK(parsed->did == did);
    CHECK(parsed->signing_key);
    CHECK(parsed->pds == text_of(told.at("pds")));
    // It finds out when it looks for the handle's DID that the text is no handle.
    auto handle = text_of(told.at("handle"));
    if (!is_valid_handle(handle))
      handle.clear();
    std::ranges::transform(handle, handle.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK(parsed->handle.value_or("") == handle);
  }
}

TEST_CASE("every well-known file and TXT record names the DID that the official packages find") {
  const auto did_of = [](const json::value& told) {
    // Text that is no DID belongs to nobody.
    const auto found = told.is_null() ? std::string{} : text_of(told);
    return found.starts_with("did:plc:") && found.size() == 32 ? found
           : found == "did:web:alice.test"                     ? found
                                                               : std::string{};
  };
  for (const auto& one : decoding_cases("wellKnown")) {
    INFO(text_of(one.at("name")));
    const auto input = bytes_of(one);
    const auto found =
        read_well_known_did({reinterpret_cast<const char*>(input.data()), input.size()});
    CHECK(found.value_or("") == did_of(one.at("reference")));
  }
  for (const auto& one : decoding_cases("txt")) {
    INFO(text_of(one.at("name")));
    std::vector<std::string> records;
    for (const auto& strings : one.at("records").as_array()) {
      auto& record = records.emplace_back();
      for (const auto& each : strings.as_array())
        record += text_of(each);
    }
    const auto found = read_handle_records(records);
    const auto& told = one.at("reference");
    CHECK(found.did.value_or("") == did_of(told));
    // Anything else than nothing keeps the reference from asking the web server.
    const bool asks_no_further = !told.is_null() && !text_of(told).empty();
    CHECK((found.did || found.names_no_did) == asks_no_further);
  }
}
