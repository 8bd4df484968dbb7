#include "tests/integration/indexing.hpp"

#include "db/reads/stored_records.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/corpus_file.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace prism;

namespace {

[[nodiscard]] net::corpus sample() {
  auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  return std::move(*corpus);
}

} // namespace

TEST_CASE("the sample gives the same rows with batches of any size") {
  const auto corpus = sample();
  std::map<std::string, std::string> first;
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{500}}) {
    INFO("batches of " << size);
    test::index_target target;
    target.apply(corpus, size);
    CHECK(target.rejected.size() == 4);
    CHECK(target.count("posts") == 998);
    CHECK(target.count("follows WHERE NOT duplicate") == 462);
    const auto now = target.fingerprints();
    if (first.empty())
      first = now;
    CHECK(now == first);
  }
}

TEST_CASE("applying the sample twice gives the rows of applying it once") {
  const auto corpus = sample();
  test::index_target target;
  target.apply(corpus, 100);
  const auto once = target.fingerprints();
  target.apply(corpus, 100);
  CHECK(target.fingerprints() == once);
}

TEST_CASE("every stored record is rebuilt to the bytes of its CID") {
  test::index_target target;
  target.apply(sample(), 500);
  std::size_t records = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    const auto kind = static_cast<atproto::collection>(i);
    const auto visited =
        db::for_each_stored_record(target.connection, kind, [&](const db::stored_record& each) {
          ++records;
          if (atproto::cid::of_dag_cbor(each.block).to_string() == each.cid)
            return;
          if (++wrong <= 3)
            UNSCOPED_INFO("at://" << each.did << "/" << atproto::nsid_of(kind) << "/" << each.rkey);
        });
    if (!visited)
      FAIL(visited.error().message);
  }
  CHECK(wrong == 0);
  CHECK(records == 3410);
  // That would also hold if every block were stored: so some must have been rebuilt.
  CHECK(target.count("likes WHERE record IS NULL") == target.count("likes"));
  CHECK(target.count("posts WHERE record IS NULL") > 900);
}

TEST_CASE("a batch of a fenced writer changes nothing and is an error") {
  const auto corpus = sample();
  test::index_target target;
  target.apply(corpus, 500);
  const auto before = target.fingerprints();
  auto stale = target.batch_of({});
  stale.last_seq = 1'000'000;
  stale.token = target.writer.token - 1;
  const auto done = db::apply_batch(target.connection, {}, stale);
  REQUIRE(!done);
  CHECK(done.error().sqlstate == db::fenced_state);
  CHECK(target.fingerprints() == before);
}
