#include "atproto/identity/did_document.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <string>

using namespace prism::atproto;
namespace json = boost::json;

namespace {

const std::string did = "did:plc:3sqgkbdlrigk444j23gi5gqn";

/// What is published in a document of `did` with these members.
published_identity published(const std::string& members) {
  const auto text = fmt::format(R"({{"id":"{}"{}{}}})", did, members.empty() ? "" : ",", members);
  INFO(text);
  auto parsed = did_document::parse(text);
  REQUIRE(parsed);
  return parsed->published;
}

std::string method(const std::string& id, const std::string& key) {
  return fmt::format(R"({{"id":"{}","type":"Multikey","controller":"x"{}}})", id,
                     key.empty() ? "" : fmt::format(R"(,"publicKeyMultibase":"{}")", key));
}

std::string service(const std::string& id, const std::string& endpoint) {
  return fmt::format(R"({{"id":"{}","type":"T","serviceEndpoint":{}}})", id, endpoint);
}

json::value parsed(const std::string& text) {
  return json::parse(text);
}

} // namespace

TEST_CASE("keys and services of a DID document are published by the fragments of their ids") {
  const auto out = published(R"("alsoKnownAs":["https://x.test","at://Alice.Test","at://b.test"],)"
                             R"("verificationMethod":[)" +
                             method("#atproto", "z1") + "," + method(did + "#atproto_label", "z2") +
                             R"(],"service":[)" + service("#atproto_pds", R"("https://pds.test")") +
                             "," + service(did + "#bsky_fg", R"("http://fg.test")") + "]");
  CHECK(out.exists);
  CHECK(out.handle == "Alice.Test");
  CHECK(parsed(out.keys) == parsed(R"({"atproto":{"Type":"Multikey","PublicKeyMultibase":"z1"},
                          "atproto_label":{"Type":"Multikey","PublicKeyMultibase":"z2"}})"));
  CHECK(parsed(out.services) == parsed(R"({"atproto_pds":{"Type":"T","URL":"https://pds.test"},
                              "bsky_fg":{"Type":"T","URL":"http://fg.test"}})"));
  CHECK(out.left_out == 0);
}

TEST_CASE("the type of a key is published as written, and a key without multibase is empty") {
  const auto out = published(
      R"("verificationMethod":[{"id":"#a","type":"EcdsaSecp256k1VerificationKey2019",)"
      R"("controller":"x","publicKeyMultibase":"did:key:zQ3s"},)"
      R"({"id":"#b","type":"JsonWebKey2020","controller":"x","publicKeyJwk":{"kty":"EC"}}])");
  CHECK(parsed(out.keys) == parsed(R"({"a":{"Type":"EcdsaSecp256k1VerificationKey2019",
                          "PublicKeyMultibase":"did:key:zQ3s"},
                          "b":{"Type":"JsonWebKey2020","PublicKeyMultibase":""}})"));
}

TEST_CASE("of ids without a fragment nothing is published, and of equal ones the last") {
  const auto out =
      published(R"("verificationMethod":[)" + method("atproto", "z1") + "," + method(did, "z1") +
                "," + method("#", "z1") + "," + method("#k", "z1") + "," +
                method("did:web:other.test#k", "z2") + "," + method("#k#more", "z3") + "]");
  CHECK(parsed(out.keys) == parsed(R"({"k":{"Type":"Multikey","PublicKeyMultibase":"z3"}})"));
  CHECK(out.left_out == 0);
}

TEST_CASE("a service whose endpoint is no text is not published") {
  const auto out = published(R"("service":[)" + service("#a", R"({"u":"https://x.test"})") + "," +
                             service("#b", R"("anything")") + "]");
  CHECK(parsed(out.services) == parsed(R"({"b":{"Type":"T","URL":"anything"}})"));
}

TEST_CASE("a document without any of it publishes empty objects and no handle") {
  const auto out = published("");
  CHECK(out.exists);
  CHECK(out.keys == "{}");
  CHECK(out.services == "{}");
  CHECK(out.handle.empty());
}

TEST_CASE("what is published of a document is bounded, and counted where it is cut") {
  std::string members = R"("verificationMethod":[)" + method("#atproto", "z1");
  for (int i = 0; i < 1'000; ++i)
    members += "," + method(fmt::format("#k{}", i), "z");
  members += "," + method("#atproto", "z2") + R"(],"service":[)" +
             service("#long", '"' + std::string(100'000, 'x') + '"');
  for (int i = 0; i < 60; ++i)
    members += "," + service(fmt::format("#s{}", i), '"' + std::string(1'000, '\x7f') + '"');
  members += "," + service("#short", "\"\"") + "]";
  members += R"(,"alsoKnownAs":["at://)" + std::string(300, 'a') + R"("])";
  const auto out = published(members);
  const auto keys = parsed(out.keys).as_object();
  CHECK(keys.size() == published_identity::max_entries);
  // An entry that is there may still be replaced.
  CHECK(keys.at("atproto").at("PublicKeyMultibase") == "z2");
  const auto services = parsed(out.services).as_object();
  CHECK(services.size() > 5);
  CHECK(services.contains("short"));
  CHECK(out.keys.size() <= published_identity::max_json + published_identity::max_entries);
  CHECK(out.services.size() <= published_identity::max_json + published_identity::max_entries);
  CHECK(out.handle.empty());
  CHECK(out.left_out == (1'000 - 63) + 1 + (62 - services.size() - 1) + 1);
}

TEST_CASE("what is published holds no NUL characters") {
  const auto out = published(R"("alsoKnownAs":["at://a\u0000b"],"verificationMethod":[)" +
                             method("#k\\u0000", "z\\u0000") + "]");
  CHECK(out.handle.empty());
  CHECK(out.left_out == 1);
  CHECK(out.keys.find('\0') == std::string::npos);
  CHECK(parsed(out.keys).as_object().size() == 1);
}
