#include "atproto/repo/mst_node.hpp"

#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/repo/mst_key.hpp"
#include "mst_maker.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::encode_mst_node;
using test::hex;

namespace {

const auto value =
    cid::parse("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454").value();

error refused(std::span<const std::byte> block) {
  const auto result = mst_node::decode(block);
  REQUIRE_FALSE(result);
  return result.error();
}

void refuse(const std::vector<std::byte>& block, const std::string& reason) {
  const auto why = refused(block);
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Contains(reason));
}

// Keys of layer 0, from the interop fixtures.
constexpr auto a0 = "A0/374913";
constexpr auto b0 = "B0/601692";
constexpr auto b1 = "B1/986427";

} // namespace

TEST_CASE("the manual node of the interop tests has its known CID and reads back") {
  const auto block = encode_mst_node({}, {{0, "com.example.record/3jqfcqzm3fo2j", value, {}}});
  CHECK(cid::of_dag_cbor(block).to_string() ==
        "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu");
  const auto node = mst_node::decode(block).value();
  REQUIRE(node.entries().size() == 1);
  CHECK(node.entries()[0].key == "com.example.record/3jqfcqzm3fo2j");
  CHECK(node.entries()[0].value == value);
  CHECK_FALSE(node.entries()[0].right);
  CHECK_FALSE(node.left());
  CHECK(node.layer() == 0);
}

TEST_CASE("keys are expanded from their prefixes") {
  const auto subtree = cid::of_dag_cbor(hex("a0"));
  const auto block = encode_mst_node(subtree, {{0, "com.example.record/3jqfcqzm3fn2j", value, {}},
                                               {28, "o2j", value, subtree},
                                               {27, "4fc2j", value, {}}});
  auto node = mst_node::decode(block);
  // "…m3fn2j", "…m3fo2j" share 29 bytes: one more than claimed.
  CHECK_FALSE(node);
  const auto right = encode_mst_node(subtree, {{0, "com.example.record/3jqfcqzm3fn2j", value, {}},
                                               {29, "o2j", value, subtree},
                                               {27, "4fc2j", value, {}}});
  node = mst_node::decode(right);
  INFO((node ? "" : node.error().message));
  REQUIRE(node);
  CHECK(node->left() == subtree);
  CHECK(node->entries()[1].key == "com.example.record/3jqfcqzm3fo2j");
  CHECK(node->entries()[1].right == subtree);
  CHECK(node->entries()[2].key == "com.example.record/3jqfcqzm4fc2j");
  const auto moved = std::move(*node);
  CHECK(moved.entries()[2].key == "com.example.record/3jqfcqzm4fc2j");
}

TEST_CASE("a node may be empty") {
  const auto block = encode_mst_node({}, {});
  CHECK(cid::of_dag_cbor(block).to_string() ==
        "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
  const auto node = mst_node::decode(block).value();
  CHECK(node.entries().empty());
  CHECK_FALSE(node.layer());
}

TEST_CASE("a prefix must be that of the key before, neither more nor less") {
  refuse(encode_mst_node({}, {{1, a0, value, {}}}), "entry 0: prefix of 1 bytes");
  refuse(encode_mst_node({}, {{-1, a0, value, {}}}), "entry 0: must have exactly");
  refuse(encode_mst_node({}, {{0, a0, value, {}}, {10, "x", value, {}}}),
         "entry 1: prefix of 10 bytes, the key before has 9");
  refuse(encode_mst_node({}, {{0, "app/1", value, {}}, {0, "app/2", value, {}}}),
         "entry 1: prefix length");
  refuse(encode_mst_node({}, {{0, "app/1", value, {}}, {3, "/2", value, {}}}),
         "entry 1: prefix length");
}

TEST_CASE("keys must ascend") {
  refuse(encode_mst_node({}, {{0, b0, value, {}}, {0, a0, value, {}}}),
         "entry 1: key is not greater");
  refuse(encode_mst_node({}, {{0, a0, value, {}}, {9, "", value, {}}}),
         "entry 1: key is not greater");
}

TEST_CASE("keys must be repository paths") {
  for (const auto* key : {"", "a", "a/b/c", "a/\x80", "a b/c"})
    refuse(encode_mst_node({}, {{0, key, value, {}}}), "entry 0: key is not a repository path");
}

TEST_CASE("all keys of a node have one height") {
  refuse(encode_mst_node({}, {{0, a0, value, {}}, {0, b1, value, {}}}),
         "entry 1: height 1 in a node of layer 0");
}

TEST_CASE("fields must be exactly those of the specification") {
  refuse(hex("80"), "must be a map of exactly");
  refuse(hex("a16165 80"), "must be a map of exactly");
  refuse(hex("a16165 01"), "must be a map of exactly");
  refuse(hex("a1616c f6"), "must be a map of exactly");
  refuse(hex("a2616501 616cf6"), "must be a map of exactly");
  refuse(hex("a3616580 616cf6 616d00"), "must be a map of exactly");
  refuse(hex("a2616580 616c01"), "'l' must be null or a dag-cbor link");
  refuse(hex("a2616580 616d f6"), "'l' must be null or a dag-cbor link");
  refuse(hex("a2616581a0 616cf6"), "entry 0: must have exactly");
  refuse(hex("a261658101 616cf6"), "entry 0: must have exactly");
  refuse(hex("ff"), "indefinite");
  refuse(hex("a2616580616cf600"), "bytes follow");
  // An entry without its t; with an integer instead.
  cbor_writer out;
  const auto entry = [&](bool extra, bool with_t) {
    out.begin_map().key("l").null().key("e").begin_array().begin_map();
    out.key("p").integer(0).key("k").bytes(test::bytes_of("a/b")).key("v").link(value);
    if (with_t)
      out.key("t").integer(1);
    if (extra)
      out.key("z").null();
    return out.end_map().end_array().end_map().finish().value();
  };
  refuse(entry(false, false), "entry 0: must have exactly");
  refuse(entry(true, true), "entry 0: must have exactly");
  refuse(entry(true, false), "entry 0: 't' must be null or a dag-cbor link");
  refuse(entry(false, true), "entry 0: 't' must be null or a dag-cbor link");
}

TEST_CASE("links to subtrees must be dag-cbor, those to records may be any") {
  const auto raw =
      cid::parse("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq").value();
  refuse(encode_mst_node(raw, {}), "'l' must be null or a dag-cbor link");
  refuse(encode_mst_node({}, {{0, a0, value, raw}}), "'t' must be null or a dag-cbor link");
  CHECK(mst_node::decode(encode_mst_node({}, {{0, a0, raw, {}}})));
}

TEST_CASE("the length of keys is limited before they are expanded") {
  const std::string base = "a/" + std::string(max_mst_key - 2, 'x');
  CHECK(mst_node::decode(encode_mst_node({}, {{0, base, value, {}}})));
  const auto why =
      refused(encode_mst_node({}, {{0, base, value, {}}, {max_mst_key, "x", value, {}}}));
  CHECK(why.code == errc::limit);
  CHECK_THAT(why.message, Contains("entry 1: key of 1025 bytes, at most 1024"));
}

TEST_CASE("the number of entries is limited") {
  const std::vector<test::raw_mst_entry> many(max_mst_entries + 1, {0, "", value, std::nullopt});
  CHECK(refused(encode_mst_node({}, many)).code == errc::limit);
}
