// The incrementally changed tree compared with one built from scratch.

#include "tools/prism-synth/tree.hpp"
#include "tests/unit/atproto/repo/mst_maker.hpp"
#include "tools/prism-synth/random.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("a tree after changes has the root of a tree built at once") {
  synth::random_source random(GENERATE(1, 2, 3, 4, 5));
  synth::tree changing;
  std::map<std::string, atproto::cid> records;
  CHECK(changing.root() == test::make_mst(records).root);
  for (int step = 0; step < 400; ++step) {
    // Few keys, so that they are removed and added again; at the end all are removed.
    const auto key = "a.b.c/key" + std::to_string(random.below(120));
    const bool known = records.contains(key);
    if (random.chance(step < 250 ? 30 : 80)) {
      CHECK(changing.erase(key) == known);
      records.erase(key);
    } else {
      const auto content = std::to_string(step);
      const auto value = atproto::cid::of_dag_cbor(std::as_bytes(std::span{content}));
      changing.put(key, value);
      records[key] = value;
    }
    REQUIRE(changing.root() == test::make_mst(records).root);
  }
  for (const auto& [key, value] : std::map{records})
    CHECK(changing.erase(key));
  CHECK(changing.root() == test::make_mst({}).root);
}
