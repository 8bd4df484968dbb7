#include "atproto/identity/did_document.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <string>

using namespace prism::atproto;

namespace {

// As the PLC directory prints it, with the older kind of verification method.
const std::string document = R"({
  "@context": ["https://www.w3.org/ns/did/v1"],
  "id": "did:plc:3sqgkbdlrigk444j23gi5gqn",
  "alsoKnownAs": ["at://User1.test"],
  "verificationMethod": [{
    "id": "#atproto",
    "type": "EcdsaSecp256k1VerificationKey2019",
    "controller": "did:plc:3sqgkbdlrigk444j23gi5gqn",
    "publicKeyMultibase": "zQMrRkG6ZEBdYVaQpLG5E3mzhPkyBiJoDKKDveoBGJvDqC3EM4EFz9nyQQZ3FrEKVFZyMaC6qEXjSjmg5pS9YRj8G"
  }],
  "service": [{
    "id": "#atproto_pds",
    "type": "AtprotoPersonalDataServer",
    "serviceEndpoint": "http://localhost:42583"
  }]
})";

std::string with(const std::string& old_text, const std::string& new_text) {
  auto text = document;
  const auto at = text.find(old_text);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old_text.size(), new_text);
}

did_document parse(const std::string& text) {
  auto result = did_document::parse(text);
  INFO(text);
  REQUIRE(result);
  return *result;
}

} // namespace

TEST_CASE("the parts that atproto needs are found in a DID document") {
  const auto parsed = parse(document);
  CHECK(parsed.did == "did:plc:3sqgkbdlrigk444j23gi5gqn");
  CHECK(parsed.handle == "user1.test");
  CHECK(parsed.pds == "http://localhost:42583");
  REQUIRE(parsed.signing_key);
  CHECK(parsed.signing_key->curve() == key_curve::k256);
}

TEST_CASE("ids in full and multikeys are understood too") {
  auto text = with(R"("id": "#atproto",)", R"("id": "did:plc:3sqgkbdlrigk444j23gi5gqn#atproto",)");
  const auto type = std::string{"EcdsaSecp256k1VerificationKey2019"};
  text.replace(text.find(type), type.size(), "Multikey");
  const auto begin = text.find("zQMr");
  text.replace(begin, text.find('"', begin) - begin,
               "zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb");
  const auto parsed = parse(text);
  REQUIRE(parsed.signing_key);
  CHECK(parsed.signing_key->curve() == key_curve::p256);
}

TEST_CASE("the first alias that begins with at:// is the handle, if it can be one") {
  CHECK(parse(with(R"(["at://User1.test"])", R"(["https://a.test", "at://b.test", "at://c.test"])"))
            .handle == "b.test");
  CHECK(parse(with(R"(["at://User1.test"])", R"(["at://localhost", "at://b.test"])")).handle ==
        std::nullopt);
}

TEST_CASE("an unusable key is no key") {
  CHECK_FALSE(parse(with("zQMr", "zQMs")).signing_key);
  CHECK_FALSE(parse(with("#atproto\"", "#other\"")).signing_key);
}

TEST_CASE("a service counts only with the right id, type and an http URL") {
  CHECK_FALSE(parse(with("#atproto_pds", "#bsky_fg")).pds);
  CHECK_FALSE(parse(with("AtprotoPersonalDataServer", "BskyFeedGenerator")).pds);
  for (const auto* endpoint : {"ftp://localhost", "localhost:80", "https://", "", "https:///x"}) {
    INFO(endpoint);
    CHECK_FALSE(parse(with("http://localhost:42583", endpoint)).pds);
  }
  CHECK(parse(with("http://localhost:42583", "https://pds.example.com")).pds ==
        "https://pds.example.com");
}

TEST_CASE("a document with nothing but its id is one of an account that does not function") {
  const auto parsed = parse(R"({"id": "did:web:example.com", "service": []})");
  CHECK(parsed.did == "did:web:example.com");
  CHECK_FALSE(parsed.handle);
  CHECK_FALSE(parsed.signing_key);
  CHECK_FALSE(parsed.pds);
}

TEST_CASE("a text that is not a DID document is an error") {
  for (const auto* text : {"", "null", "[]", "{}", R"({"id": 1})", R"({"id": "did:x"})", "{"}) {
    INFO(text);
    const auto parsed = did_document::parse(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == prism::errc::invalid);
  }
  const auto large = did_document::parse(std::string(did_document::max_size + 1, ' '));
  REQUIRE_FALSE(large);
  CHECK(large.error().code == prism::errc::limit);
}
