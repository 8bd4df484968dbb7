#include "atproto/cbor/cid.hpp"

#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <set>
#include <unordered_set>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::hex;

namespace {

// The CID of the empty map, a0, known from other implementations.
constexpr auto empty_map = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";

constexpr auto digest = "c19a797fa1fd590cd2e5b42d1cf5f246e29b91684e2f87404b81dc345c7a56a0";

std::string why(const expected<cid>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::invalid);
  return result.error().message;
}

} // namespace

TEST_CASE("the CID of a DAG-CBOR block is known to other implementations") {
  const auto id = cid::of_dag_cbor(hex("a0"));
  CHECK(id.to_string() == empty_map);
  CHECK(test::to_hex(id.bytes()) == fmt::format("01711220{}", digest));
  CHECK(test::to_hex(id.digest()) == digest);
  CHECK(id.codec() == cid_codec::dag_cbor);
  CHECK(id.matches(hex("a0")));
  CHECK_FALSE(id.matches(hex("a1")));
}

TEST_CASE("the CID of raw bytes differs from that of a block only in its codec") {
  const auto raw =
      cid::parse("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq").value();
  CHECK(raw.matches(test::bytes_of("hello")));
  CHECK(raw.codec() == cid_codec::raw);
  const auto block = cid::of_dag_cbor(test::bytes_of("hello"));
  CHECK(raw != block);
  CHECK(std::ranges::equal(raw.digest(), block.digest()));
}

TEST_CASE("a CID survives both of its forms") {
  const auto block = cid::of_dag_cbor(hex("00ff10"));
  const auto raw =
      cid::parse("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq").value();
  for (const auto& id : {block, raw}) {
    CHECK(cid::parse(id.to_string()).value() == id);
    CHECK(cid::from_bytes(id.bytes()).value() == id);
  }
}

TEST_CASE("binary CIDs of other formats are refused by name") {
  const std::string d = digest;
  CHECK_THAT(why(cid::from_bytes(hex("1220" + d))), Contains("version 0"));
  CHECK_THAT(why(cid::from_bytes(hex("02711220" + d))), Contains("version 2"));
  CHECK_THAT(why(cid::from_bytes(hex("01701220" + d))), Contains("codec 0x70"));
  CHECK_THAT(why(cid::from_bytes(hex("01711320" + d))), Contains("hash 0x13"));
  CHECK_THAT(why(cid::from_bytes(hex("0171121f" + d))), Contains("of 31"));
  CHECK_THAT(why(cid::from_bytes(hex("01711220" + d + "00"))), Contains("37 bytes"));
  CHECK_THAT(why(cid::from_bytes(hex("01711220"))), Contains("4 bytes"));
  CHECK_THAT(why(cid::from_bytes({})), Contains("0 bytes"));
}

TEST_CASE("text CIDs that are not base32 in lower case are refused") {
  const std::string good = empty_map;
  CHECK_THAT(why(cid::parse("")), Contains("multibase"));
  CHECK_THAT(why(cid::parse("QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR")),
             Contains("version 0"));
  CHECK_THAT(why(cid::parse("zdpuAyvkgEDQm9TenwGkd5eNaosSxjgEYd8QatfPetgB1CdEZ")),
             Contains("multibase"));
  CHECK_THAT(why(cid::parse("b")), Contains("1 characters"));
  CHECK_THAT(why(cid::parse(good + "a")), Contains("60 characters"));
  auto upper = good;
  upper[10] = 'A';
  CHECK_THAT(why(cid::parse(upper)), Contains("0x41 at position 9"));
  auto digit_one = good;
  digit_one[20] = '1';
  CHECK_THAT(why(cid::parse(digit_one)), Contains("outside a-z2-7"));
}

TEST_CASE("two texts never name the same CID") {
  // 36 bytes are 288 bits; 58 characters carry 290: the last two must be zero.
  std::string text = empty_map;
  REQUIRE(text.back() == 'a');
  for (const char c : {'b', 'c', 'd'}) {
    text.back() = c;
    CHECK_THAT(why(cid::parse(text)), Contains("bits set beyond"));
  }
}

TEST_CASE("CIDs order by their bytes and hash by value") {
  const auto a = cid::of_dag_cbor(hex("01"));
  const auto b = cid::of_dag_cbor(hex("02"));
  CHECK((a < b) == std::ranges::lexicographical_compare(a.bytes(), b.bytes()));
  CHECK(std::set<cid>{a, b, a}.size() == 2);
  CHECK(std::unordered_set<cid>{a, b, a}.size() == 2);
  CHECK(std::hash<cid>{}(a) == std::hash<cid>{}(cid::of_dag_cbor(hex("01"))));
  CHECK(std::hash<cid>{}(a) != std::hash<cid>{}(b));
  CHECK(cid{} == cid{});
  CHECK(cid{} != a);
}
