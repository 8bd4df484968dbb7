#include "db/dead_letters/dead_letters.hpp"

#include "db/jobs/jobs.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] db::dead_letter dead_letter_of(const frame_bytes& frame, std::int64_t seq) {
  return {.service = "test",
          .seq = seq,
          .did = "did:plc:bob",
          .path = "",
          .reason = "refused for a test",
          .sqlstate = "22000",
          .bytes = *frame};
}

[[nodiscard]] std::int64_t only_id(index_target& target) {
  const auto dead_letters = must(db::list_dead_letters(target.connection, 0, 100));
  REQUIRE(dead_letters.size() == 1);
  return dead_letters[0].id;
}

} // namespace

TEST_CASE("a dead letter is stored once if the answer to its COMMIT is lost") {
  index_target target;
  firehose_builder scenario;
  scenario.identity("bob"); // no operations
  const auto frames = scenario.take();
  target.apply({}, 10);
  const db::job job = db::bisect_job{std::make_shared<const db::batch>(target.batch_of(frames)),
                                     {1, "did:plc:bob", "refused for a test", "22000", *frames[0]}};
  // The same job again: a shard repeats it if it got no answer.
  db::partial_report partial;
  REQUIRE(db::run_job(target.connection, {}, job, partial));
  REQUIRE(db::run_job(target.connection, {}, job, partial));
  CHECK(target.count("dead_letters") == 1);
  const auto dead_letters = must(db::list_dead_letters(target.connection, 0, 100));
  CHECK(dead_letters[0].seq == 1);
  CHECK(dead_letters[0].did == "did:plc:bob");
  CHECK(dead_letters[0].sqlstate == "22000");
  CHECK(dead_letters[0].bytes == static_cast<std::int64_t>(frames[0]->size()));
  const auto id = dead_letters[0].id;
  CHECK(must(db::dead_letter_bytes(target.connection, id, 100'000)) == *frames[0]);
  CHECK(must(db::dead_letter_bytes(target.connection, id, 3)).size() == 3);
  CHECK(must(db::dead_letter_bytes(target.connection, id + 1, 3)).empty());
}

TEST_CASE("a retried dead letter is applied with all effects and then deleted") {
  index_target target;
  firehose_builder scenario;
  const auto p1 = scenario.post("alice", "p1");
  target.apply(scenario.take(), 10);
  scenario.like("bob", "l1", p1);
  const auto late = scenario.take();
  must(db::store_dead_letter(target.connection, dead_letter_of(late[0], 2)));
  const auto done = must(
      db::retry_dead_letter(target.connection, {}, "test", target.writer.node, only_id(target)));
  CHECK(done.applied);
  CHECK(done.why.empty());
  CHECK(counts(target.connection, p1) == "1 0 0 0");
  CHECK(notifications(target.connection).size() == 1);
  CHECK(target.count("dead_letters") == 0);
  CHECK(value(target.connection, "SELECT seq::text FROM firehose_cursor") == "1");
  const auto twice =
      must(db::retry_dead_letter(target.connection, {}, "test", target.writer.node, done.id));
  CHECK_FALSE(twice.applied);
  CHECK_THAT(twice.why, Catch::Contains("no dead letter"));
}

TEST_CASE("a retried dead letter that cannot be applied stays, and the reason is returned") {
  index_target target;
  firehose_builder scenario;
  const auto p1 = scenario.post("alice", "p1");
  target.apply(scenario.take(), 10);
  scenario.like("bob", "l1", p1);
  const auto late = scenario.take();
  must(db::store_dead_letter(target.connection, dead_letter_of(late[0], 2)));

  SECTION("its repo has a newer commit") {
    scenario.post("bob", "p2");
    target.apply(scenario.take(), 10);
    const auto done = must(
        db::retry_dead_letter(target.connection, {}, "test", target.writer.node, only_id(target)));
    CHECK_FALSE(done.applied);
    CHECK_THAT(done.why, Catch::Contains("newer commit"));
    CHECK(counts(target.connection, p1) == "0 0 0 0");
  }
  SECTION("it is rejected again") {
    must(target.connection.exec_script("ALTER TABLE likes ADD CHECK (rkey <> 'l1')"));
    const auto done = must(
        db::retry_dead_letter(target.connection, {}, "test", target.writer.node, only_id(target)));
    CHECK_FALSE(done.applied);
    CHECK_THAT(done.why, Catch::Contains("refused again") && Catch::Contains("23514"));
  }
  SECTION("its node is dead") {
    must(target.connection.exec_script(
        "UPDATE cluster_members SET dead_at = now(), dead_reason = 'expired'"));
    const auto done =
        db::retry_dead_letter(target.connection, {}, "test", target.writer.node, only_id(target));
    REQUIRE_FALSE(done);
    CHECK(done.error().sqlstate == db::fenced_state);
  }
  SECTION("its bytes are not a frame") {
    must(target.connection.exec_script("UPDATE dead_letters SET bytes = '\\x00'"));
    const auto done = must(
        db::retry_dead_letter(target.connection, {}, "test", target.writer.node, only_id(target)));
    CHECK_FALSE(done.applied);
    CHECK_FALSE(done.why.empty());
  }
  CHECK(target.count("dead_letters") == 1);
}

TEST_CASE("dead letters are listed in pages and discarded by id") {
  index_target target;
  firehose_builder scenario;
  scenario.post("alice", "p1");
  const auto frames = scenario.take();
  for (std::int64_t seq = 1; seq <= 5; ++seq)
    must(db::store_dead_letter(target.connection, dead_letter_of(frames[0], seq)));
  const auto first = must(db::list_dead_letters(target.connection, 0, 3));
  REQUIRE(first.size() == 3);
  const auto rest = must(db::list_dead_letters(target.connection, first.back().id, 3));
  REQUIRE(rest.size() == 2);
  const auto gone =
      must(db::discard_dead_letters(target.connection, {first[1].id, rest[0].id, 4711}));
  CHECK(gone.ids.size() == 2);
  CHECK(target.count("dead_letters") == 3);
}
