#include "atproto/repo/mst_key.hpp"

#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>
#include <sstream>

using namespace prism::atproto;
using prism::test::interop_cases;
using prism::test::text_of;

TEST_CASE("key heights are those of the interop fixtures") {
  const auto cases = interop_cases("mst/key_heights.json");
  REQUIRE(cases.size() == 9);
  for (const auto& each : cases) {
    const auto key = text_of(each.at("key"));
    INFO("key " << key);
    CHECK(mst_key_height(key) == each.at("height").as_int64());
  }
}

TEST_CASE("the example keys of the interop fixtures have the height in their name") {
  std::istringstream keys{
      prism::test::read_source_file("tests/fixtures/interop/mst/example_keys.txt")};
  std::size_t count = 0;
  for (std::string key; std::getline(keys, key); ++count) {
    INFO("key " << key);
    CHECK(is_mst_key(key));
    CHECK(mst_key_height(key) == static_cast<unsigned>(key.at(1) - '0'));
  }
  CHECK(count == 156);
}

TEST_CASE("common prefixes are those of the interop fixtures") {
  const auto cases = interop_cases("mst/common_prefix.json");
  REQUIRE(cases.size() == 13);
  for (const auto& each : cases) {
    const auto left = text_of(each.at("left"));
    const auto right = text_of(each.at("right"));
    INFO(left << " and " << right);
    CHECK(common_prefix(left, right) == static_cast<std::size_t>(each.at("len").as_int64()));
  }
}

TEST_CASE("keys are two segments of path characters") {
  for (const auto* key : {"a/b", "app.bsky.feed.post/3kdgeujwlq32y", "coll/key_",
                          "coll/key:", "coll/key.", "coll/key-", "coll/~", "C9/0"}) {
    INFO(key);
    CHECK(is_mst_key(key));
  }
  for (const auto* key :
       {"", "a", "/", "a/", "/a", "a/b/c", "a//b", "coll/jalape\xC3\xB1o", "coll/key$", "coll/key%",
        "coll/key(", "coll/key)", "coll/key+", "coll/key=", "coll/a b", "co ll/a", "coll/a\n"}) {
    INFO(key);
    CHECK_FALSE(is_mst_key(key));
  }
  CHECK_FALSE(is_mst_key(std::string_view{"coll/a\0", 7}));
}

TEST_CASE("keys are limited in length") {
  const std::string longest = "c/" + std::string(max_mst_key - 2, 'x');
  CHECK(is_mst_key(longest));
  CHECK_FALSE(is_mst_key(longest + "x"));
}
