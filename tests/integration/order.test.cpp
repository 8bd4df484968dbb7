#include "net/corpus_order.hpp"
#include "tests/integration/indexing.hpp"

#include <catch2/catch.hpp>

using namespace prism;

// docs/ORDER.md: a relay promises the order of each repo and no other.
TEST_CASE("any order of the repos leaves the rows of the firehose's order") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  std::map<std::string, std::string> expected;
  {
    test::index_target target;
    target.apply(*corpus, 100);
    expected = target.fingerprints();
  }
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto mixed = net::shuffled(*corpus, seed).and_then([](const auto& frames) {
      return net::renumbered(frames, 1);
    });
    REQUIRE(mixed);
    test::index_target target;
    target.apply(*mixed, seed == 2 ? 1 : 50);
    const auto now = target.fingerprints();
    for (const auto& [table, hash] : expected) {
      INFO("seed " << seed << ", " << table);
      CHECK(now.at(table) == hash);
    }
  }
}
