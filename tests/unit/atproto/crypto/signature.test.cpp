#include "atproto/crypto/signature.hpp"

#include "atproto/text/base64.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>

using namespace prism::atproto;

namespace {

struct vector {
  std::string comment;
  public_key key;
  std::vector<std::byte> message;
  std::vector<std::byte> signature;
  bool valid;
};

std::vector<vector> vectors() {
  std::vector<vector> result;
  for (const auto& entry : prism::test::interop_cases("crypto/signature-fixtures.json")) {
    const auto text = [&entry](const char* name) { return prism::test::text_of(entry.at(name)); };
    result.push_back({text("comment"), public_key::parse_did_key(text("publicKeyDid")).value(),
                      base64_decode(text("messageBase64")).value(),
                      base64_decode(text("signatureBase64")).value(),
                      entry.at("validSignature").as_bool()});
    // The older verification methods must name the same key.
    CHECK(public_key::parse_verification_method(text("didDocSuite"), text("publicKeyMultibase")) ==
          result.back().key);
  }
  return result;
}

std::string outcome(const vector& v) {
  const auto result = verify_signature(v.key, v.message, v.signature);
  return result ? "good" : result.error().message;
}

} // namespace

TEST_CASE("the protocol's signature vectors verify or fail as they say") {
  for (const auto& v : vectors()) {
    INFO(v.comment);
    CHECK(v.valid == (outcome(v) == "good"));
    if (!v.valid)
      CHECK_THAT(outcome(v), Catch::Contains("upper half"));
  }
}

TEST_CASE("a signature fails for another message, another key and a changed bit") {
  auto all = vectors();
  for (auto& v : all) {
    if (!v.valid)
      continue;
    INFO(v.comment);
    auto changed = v;
    changed.message.push_back(std::byte{0});
    CHECK_THAT(outcome(changed), Catch::Contains("does not belong"));
    changed = v;
    changed.signature[5] ^= std::byte{1};
    CHECK_THAT(outcome(changed), Catch::Contains("does not belong"));
    changed = v;
    changed.key = v.key.curve() == key_curve::k256 ? all[0].key : all[1].key;
    CHECK_THAT(outcome(changed), Catch::Contains("does not belong"));
  }
}

TEST_CASE("a malformed signature is distinguished from a wrong one") {
  for (const auto& v : vectors()) {
    INFO(v.comment);
    auto changed = v;
    changed.signature.push_back(std::byte{0});
    CHECK_THAT(outcome(changed), Catch::Contains("must be 64"));
    changed.signature.clear();
    CHECK_THAT(outcome(changed), Catch::Contains("must be 64"));
    changed.signature.assign(signature_size, std::byte{0xFF});
    CHECK_THAT(outcome(changed), Catch::Contains("group order"));
    changed.signature.assign(signature_size, std::byte{0});
    CHECK_THAT(outcome(changed), Catch::Contains("does not belong"));
  }
}

TEST_CASE("DER is refused even when it happens to have 64 bytes") {
  for (const auto& v : vectors()) {
    auto changed = v;
    // SEQUENCE of two INTEGERs of 29 bytes.
    changed.signature.assign(signature_size, std::byte{0x11});
    changed.signature[0] = std::byte{0x30};
    changed.signature[1] = std::byte{62};
    changed.signature[2] = changed.signature[33] = std::byte{0x02};
    changed.signature[3] = changed.signature[34] = std::byte{29};
    CHECK(outcome(changed) != "good");
  }
}
