#include "atproto/crypto/did_key.hpp"

#include "atproto/text/base58.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>

using namespace prism::atproto;

namespace {

std::string multibase(std::span<const std::byte> bytes) {
  return 'z' + base58_encode(bytes);
}

} // namespace

TEST_CASE("the protocol's did:key vectors are parsed and formatted to the same text") {
  const std::pair<const char*, key_curve> files[] = {
      {"crypto/w3c_didkey_K256.json", key_curve::k256},
      {"crypto/w3c_didkey_P256.json", key_curve::p256}};
  for (const auto& [file, curve] : files) {
    for (const auto& entry : prism::test::interop_cases(file)) {
      const auto did_key = prism::test::text_of(entry.at("publicDidKey"));
      INFO(did_key);
      const auto key = public_key::parse_did_key(did_key);
      REQUIRE(key);
      CHECK(key->curve() == curve);
      CHECK(key->to_did_key() == did_key);
    }
  }
}

TEST_CASE("an older verification method names the same key, compressed or not") {
  const auto key =
      public_key::parse_did_key("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme");
  REQUIRE(key);
  const auto type = "EcdsaSecp256k1VerificationKey2019";
  const auto whole = public_key::parse_verification_method(type, multibase(key->point()));
  REQUIRE(whole);
  CHECK(*whole == *key);
  std::array<std::byte, public_key::compressed_size> compressed{};
  std::copy_n(key->point().begin() + 1, 32, compressed.begin() + 1);
  compressed[0] = static_cast<std::byte>(2U + (std::to_integer<unsigned>(key->point()[64]) & 1U));
  const auto half = public_key::parse_verification_method(type, multibase(compressed));
  REQUIRE(half);
  CHECK(*half == *key);
  CHECK(public_key::parse_verification_method("Multikey", key->to_did_key().substr(8)).value() ==
        *key);
}

TEST_CASE("a key is refused with the reason") {
  const auto message = [](const prism::expected<public_key>& key) {
    return key ? std::string{"good"} : key.error().message;
  };
  using Catch::Contains;
  const std::string good = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
  CHECK(message(public_key::parse_multikey(good)) == "good");
  CHECK_THAT(message(public_key::parse_did_key(good)), Contains("did:key:"));
  CHECK_THAT(message(public_key::parse_multikey("")), Contains("multibase"));
  CHECK_THAT(message(public_key::parse_multikey("m" + good.substr(1))), Contains("multibase"));
  CHECK_THAT(message(public_key::parse_multikey("z0OIl")), Contains("base58"));
  CHECK_THAT(message(public_key::parse_multikey("z")), Contains("neither"));
  CHECK_THAT(message(public_key::parse_multikey(good + std::string(200, '2'))), Contains("bytes"));
  // An Ed25519 key of the W3C's did:key examples.
  CHECK_THAT(
      message(public_key::parse_multikey("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")),
      Contains("neither"));
  CHECK_THAT(message(public_key::parse_verification_method("Ed25519VerificationKey2018", good)),
             Contains("not supported"));
}

TEST_CASE("bytes that are not a point of the curve are rejected") {
  for (const auto curve : {key_curve::k256, key_curve::p256}) {
    std::array<std::byte, public_key::uncompressed_size> point{};
    CHECK_FALSE(public_key::from_point(curve, point));
    point[0] = std::byte{4};
    point[64] = std::byte{1};
    CHECK_FALSE(public_key::from_point(curve, point));
    CHECK_FALSE(public_key::from_point(curve, std::span{point}.first(64)));
    CHECK_FALSE(public_key::from_point(curve, std::span{point}.first(0)));
    // The point at infinity.
    CHECK_FALSE(public_key::from_point(curve, std::array{std::byte{0}}));
  }
}

TEST_CASE("hybrid points are refused although the libraries know them") {
  const auto key =
      public_key::parse_did_key("did:key:zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb");
  REQUIRE(key);
  std::array<std::byte, public_key::uncompressed_size> point{};
  std::ranges::copy(key->point(), point.begin());
  CHECK(public_key::from_point(key->curve(), point));
  point[0] = static_cast<std::byte>(6U + (std::to_integer<unsigned>(point[64]) & 1U));
  CHECK_FALSE(public_key::from_point(key->curve(), point));
}

TEST_CASE("base58 keeps leading zeros and refuses what does not fit") {
  std::array<std::byte, 3> out{};
  CHECK(base58_decode("11", out) == 2);
  CHECK(out[0] == std::byte{0});
  CHECK(base58_decode("", out) == 0);
  CHECK(base58_decode("1111", out) == std::nullopt);
  CHECK(base58_decode("2UzHL", out) == 3);
  CHECK(base58_encode(out) == "2UzHL");
  CHECK(base58_decode("zzzzzz", out) == std::nullopt);
  CHECK(base58_decode("a b", out) == std::nullopt);
  CHECK(base58_encode(std::array{std::byte{0}, std::byte{0}, std::byte{58}}) == "1121");
}
