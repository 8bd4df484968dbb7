#include "atproto/repo/mst_walk.hpp"

#include "atproto/repo/mst_node.hpp"
#include "car_maker.hpp"
#include "mst_maker.hpp"
#include "tests/unit/atproto/fixtures.hpp"
#include "tests/unit/atproto/hex.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism;
using namespace prism::atproto;
using Catch::Matchers::Contains;
using test::encode_mst_node;
using test::interop_cases;
using test::make_mst;
using test::text_of;

namespace {

const auto value =
    cid::parse("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454").value();

using records = std::map<std::string, cid>;

records record_keys(std::initializer_list<const char*> suffixes) {
  records all;
  for (const auto* suffix : suffixes)
    all.emplace(std::string{"com.example.record/3jqfcqzm"} + suffix, value);
  return all;
}

struct walked {
  mst_walk_result result;
  std::vector<std::string> paths;
};

walked walk(const std::vector<std::byte>& car_bytes, const cid& root) {
  const auto car = car_view::parse(car_bytes).value();
  walked out;
  auto result = walk_mst(car, root, [&](std::string_view path, const cid& record) {
    CHECK(record == value);
    out.paths.emplace_back(path);
  });
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  out.result = *result;
  return out;
}

error refused(const std::vector<std::byte>& car_bytes, const cid& root) {
  const auto car = car_view::parse(car_bytes).value();
  const auto result = walk_mst(car, root, [](std::string_view, const cid&) {});
  REQUIRE_FALSE(result);
  return result.error();
}

// Refuses the tree of these nodes, whose root is the last.
void refuse(const std::vector<std::vector<std::byte>>& nodes, const std::string& reason) {
  const auto root = cid::of_dag_cbor(nodes.back());
  const auto why = refused(test::make_car({root}, nodes), root);
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Contains(reason));
}

} // namespace

TEST_CASE("trees that other implementations know are built to the same root, and walked") {
  const std::pair<records, std::string_view> known[]{
      {{}, "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"},
      {record_keys({"3fo2j"}), "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu"},
      {record_keys({"3fx2j"}), "bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai"},
      {record_keys({"3fp2j", "3fr2j", "3fs2j", "3ft2j", "4fc2j"}),
       "bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m"},
      {record_keys({"3fn2j", "3fo2j", "3fp2j", "3fs2j", "3ft2j", "3fu2j"}),
       "bafyreifnqrwbk6ffmyaz5qtujqrzf5qmxf7cbxvgzktl4e3gabuxbtatv4"},
      {record_keys({"3fo2j", "3fp2j", "3fr2j", "3fs2j", "3ft2j", "3fx2j", "3fz2j", "4fc2j", "4fd2j",
                    "4ff2j", "4fg2j", "4fh2j"}),
       "bafyreid2x5eqs4w4qxvc5jiwda4cien3gw2q6cshofxwnvv7iucrmfohpm"},
      {record_keys({"3ft2j", "3fz2j", "3fx2j"}),
       "bafyreiavxaxdz7o7rbvr3zg2liox2yww46t7g6hkehx4i4h3lwudly7dhy"},
      {record_keys({"3ft2j", "3fz2j", "3fx2j", "4fd2j"}),
       "bafyreig4jv3vuajbsybhyvb7gggvpwh2zszwfyttjrj6qwvcsp24h6popu"}};
  for (const auto& [content, root] : known) {
    const auto tree = make_mst(content);
    CHECK(tree.root.to_string() == root);
    const auto seen = walk(tree.car(), tree.root);
    CHECK(seen.result.nodes == tree.nodes.size());
    CHECK(seen.result.entries == content.size());
    CHECK(seen.result.missing == 0);
    std::vector<std::string> expected;
    for (const auto& [path, record] : content)
      expected.push_back(path);
    CHECK(seen.paths == expected);
  }
}

TEST_CASE("the proofs of the interop fixtures are partial trees that can be walked") {
  const auto cases = interop_cases("firehose/commit-proof-fixtures.json");
  REQUIRE(cases.size() == 6);
  for (const auto& each : cases) {
    INFO(text_of(each.at("comment")));
    records content;
    for (const auto& key : each.at("keys").as_array())
      content.emplace(text_of(key), value);
    CHECK(make_mst(content).root.to_string() == text_of(each.at("rootBeforeCommit")));
    std::set<std::string> added;
    for (const auto& key : each.at("adds").as_array()) {
      added.insert(text_of(key));
      content.emplace(text_of(key), value);
    }
    for (const auto& key : each.at("dels").as_array())
      content.erase(text_of(key));
    const auto tree = make_mst(content);
    CHECK(tree.root.to_string() == text_of(each.at("rootAfterCommit")));

    std::vector<std::vector<std::byte>> proof;
    for (const auto& id : each.at("blocksInProof").as_array())
      proof.push_back(tree.nodes.at(cid::parse(text_of(id)).value()));
    const auto seen = walk(test::make_car({tree.root}, proof), tree.root);
    CHECK(seen.result.nodes == proof.size());
    const bool partial = proof.size() < tree.nodes.size();
    CHECK((seen.result.missing > 0) == partial);
    for (const auto& path : added)
      CHECK(std::ranges::count(seen.paths, path) == 1);
  }
}

TEST_CASE("a large tree is walked in order, and each subtree that is cut off is counted") {
  records content;
  for (int i = 0; i < 5000; ++i)
    content.emplace("app.bsky.feed.post/" + std::to_string(1'000'000 + i), value);
  auto tree = make_mst(content);
  auto seen = walk(tree.car(), tree.root);
  CHECK(seen.paths.size() == 5000);
  CHECK(std::ranges::is_sorted(seen.paths));
  const auto all = tree.nodes.size();
  REQUIRE(all > 1000);

  // Taking away leaves (nodes of layer 0) cuts off one subtree each.
  std::size_t removed = 0;
  for (auto node = tree.nodes.begin(); node != tree.nodes.end() && removed < 100;) {
    const auto decoded = mst_node::decode(node->second).value();
    if (decoded.layer() == 0) {
      node = tree.nodes.erase(node);
      ++removed;
    } else {
      ++node;
    }
  }
  seen = walk(tree.car(), tree.root);
  CHECK(seen.result.missing == removed);
  CHECK(seen.result.nodes == all - removed);
}

TEST_CASE("the root must be there") {
  const auto tree = make_mst({});
  const auto why = refused(tree.car(), value);
  CHECK(why.code == errc::not_found);
  CHECK_THAT(why.message, Contains(value.to_string()));
}

namespace {

// From the interop fixtures: the digit is the layer.
constexpr auto a0 = "A0/374913";
constexpr auto b0 = "B0/601692";
constexpr auto b1 = "B1/986427";
constexpr auto b2 = "B2/827649";
constexpr auto c0 = "C0/451630";

std::vector<std::byte> leaf(const char* key) {
  return encode_mst_node({}, {{0, key, value, {}}});
}

} // namespace

TEST_CASE("keys must ascend from node to node") {
  const auto left = leaf(c0);
  refuse({left, encode_mst_node(cid::of_dag_cbor(left), {{0, b1, value, {}}})},
         "a key is not greater");
  const auto right = leaf(a0);
  refuse({right, encode_mst_node({}, {{0, b1, value, cid::of_dag_cbor(right)}})},
         "a key is not greater");
}

TEST_CASE("a subtree lies exactly one layer below its parent") {
  const auto bottom = leaf(a0);
  refuse({bottom, encode_mst_node(cid::of_dag_cbor(bottom), {{0, b2, value, {}}})},
         "not exactly one layer below");
  refuse({bottom, encode_mst_node(cid::of_dag_cbor(bottom), {{0, b0, value, {}}})},
         "below layer 0");
  const auto empty = encode_mst_node(cid::of_dag_cbor(bottom), {});
  const auto tree = encode_mst_node(cid::of_dag_cbor(empty), {{0, b2, value, {}}});
  CHECK(walk(test::make_car({value}, {bottom, empty, tree}), cid::of_dag_cbor(tree)).paths ==
        std::vector<std::string>{a0, b2});
}

TEST_CASE("empty nodes are allowed only between others") {
  const auto empty = encode_mst_node({}, {});
  refuse({empty, encode_mst_node(cid::of_dag_cbor(empty), {{0, b1, value, {}}})},
         "an empty node inside of a tree");
  const auto bottom = leaf(a0);
  refuse({bottom, encode_mst_node(cid::of_dag_cbor(bottom), {})}, "top node has no entries");
}

TEST_CASE("a tree that visits a node twice is refused, however deep the sharing") {
  // Every level doubles the walk: without a bound 2^20 visits would follow from 20 small blocks.
  // Since shared keys would break the order, only nodes without keys can try it, on a missing end.
  auto below = value;
  std::vector<std::vector<std::byte>> nodes;
  for (int layer = 1; layer <= 4; ++layer) {
    nodes.push_back(encode_mst_node(below, {}));
    below = cid::of_dag_cbor(nodes.back());
  }
  // All have layer 5, to which 4 empty layers lead.
  const std::vector<test::raw_mst_entry> entries{{0, "A5/518415", value, below},
                                                 {0, "B5/116729", value, below},
                                                 {0, "C5/141153", value, below}};
  nodes.push_back(encode_mst_node(below, entries));
  refuse(nodes, "visits a node twice");
}

TEST_CASE("a broken node is refused by its CID") {
  const auto broken = test::hex("a0");
  const auto id = cid::of_dag_cbor(broken);
  refuse({broken, encode_mst_node(id, {{0, b1, value, {}}})}, "mst: node " + id.to_string());
  refuse({broken}, "mst: node " + id.to_string());
}
