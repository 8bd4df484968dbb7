#include "core/shard_machine.hpp"
#include "db/dead_letters/bisect.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

// A frame that the database does not finish in the time of a transaction gets more time, and in the
// end is written operation by operation, without those that do not end even alone.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// Makes each insert of a like take as long as its rkey says, in milliseconds.
void slow_down_likes(db::connection& on) {
  must(on.exec_script("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
                      "PERFORM pg_sleep(NEW.rkey::float8 / 1000); RETURN NEW; END'; "
                      "CREATE TRIGGER slow BEFORE INSERT ON likes FOR EACH ROW EXECUTE FUNCTION "
                      "slow()"));
}

constexpr std::array<const char*, 3> fast{"1", "2", "3"};
constexpr const char* slow = "600000";

/// Two posts of alice, and bob's commit of likes with these rkeys.
struct scenario {
  firehose_builder events;
  std::vector<frame_bytes> before;
  frame_bytes likes;
  frame_bytes behind;

  explicit scenario(const std::vector<std::string>& rkeys) {
    const auto first = events.post("alice", "p1");
    before = events.take();
    std::vector<change> all;
    for (const auto& rkey : rkeys)
      all.push_back({"create", "app.bsky.feed.like/" + rkey,
                     block_of({{"$type", "app.bsky.feed.like"},
                               {"subject", ref_to(first)},
                               {"createdAt", record_time}})});
    events.commit("bob", all);
    likes = events.take().at(0);
    events.post("bob", "p9");
    behind = events.take().at(0);
  }
};

[[nodiscard]] db::outcome<db::apply_report> one_by_one(db::connection& on, const db::batch& batch,
                                                       const frame_bytes& frame,
                                                       std::chrono::milliseconds limit) {
  db::partial_report partial;
  return db::apply_one_by_one(
      on, {.deadline = limit}, batch,
      {batch.last_seq, "did:plc:bob", "the frame did not end", "57014", *frame}, partial);
}

const std::vector<std::string> none{};

} // namespace

TEST_CASE("of a frame that is written one by one only what does not end alone is quarantined") {
  const scenario given{{fast[0], slow, fast[1], fast[2]}};
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  slow_down_likes(on);
  const auto batch = target.batch_of({given.likes});
  db::partial_report partial;
  REQUIRE(db::apply_batch(on, {.deadline = 300ms}, batch, partial).error().sqlstate == "57014");

  const auto report = must(one_by_one(on, batch, given.likes, 2s));
  REQUIRE(report.quarantined.size() == 1);
  CHECK(report.quarantined[0].path == std::string{"app.bsky.feed.like/"} + slow);
  CHECK(report.quarantined[0].sqlstate == "57014");
  CHECK(value(on, "SELECT seq::text FROM firehose_cursor") == "2");

  index_target expected;
  const scenario without{{fast[0], fast[1], fast[2]}};
  expected.apply(without.before, 10);
  must(db::apply_batch(expected.connection, {}, expected.batch_of({without.likes})));
  auto rows = target.fingerprints();
  rows["repos"] = expected.fingerprints()["repos"]; // another commit
  CHECK(differing(rows, expected.fingerprints()) == none);

  // Again: a shard repeats the job if it got no answer.
  const auto again = must(one_by_one(on, batch, given.likes, 2s));
  CHECK(again.already_applied);
  CHECK(again.quarantined.size() == 1);

  must(on.exec_script("DROP TRIGGER slow ON likes"));
  const auto letter = must(db::list_dead_letters(on, 0, 1)).at(0);
  CHECK(must(db::retry_dead_letter(on, {}, "test", target.writer.node, letter.id)).applied);
  CHECK(target.count("likes") == 4);
}

TEST_CASE("what is cut off by somebody else is not quarantined") {
  const scenario given{{fast[0], fast[1]}};
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  must(on.exec_script(
      "CREATE FUNCTION cancelled() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION "
      "''cancelled'' USING ERRCODE = ''57014''; END'; CREATE TRIGGER cancelled BEFORE INSERT ON "
      "likes FOR EACH ROW EXECUTE FUNCTION cancelled()"));
  const auto done = one_by_one(on, target.batch_of({given.likes}), given.likes, 10s);
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == "57014");
  CHECK(target.count("dead_letters") == 0);
  CHECK(target.count("likes") == 0);
}

TEST_CASE("a frame with more endless operations than are kept one by one is kept as a whole") {
  std::vector<std::string> rkeys;
  for (std::size_t i = 0; i <= db::max_dead_letters_per_frame; ++i)
    rkeys.push_back(std::to_string(600'000 + i));
  const scenario given{rkeys};
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  slow_down_likes(on);
  const auto report = must(one_by_one(on, target.batch_of({given.likes}), given.likes, 100ms));
  REQUIRE(report.quarantined.size() == 1);
  CHECK(report.quarantined[0].path.empty());
  CHECK(value(on, "SELECT seq::text FROM firehose_cursor") == "2");
}

TEST_CASE("an endless operation does not stop its shard for ever") {
  const scenario given{{fast[0], slow}};
  auto frames = given.before;
  frames.push_back(given.likes);
  frames.push_back(given.behind);
  const auto database = pg_fixture::migrated_database();
  auto on = connect_to(database);
  slow_down_likes(on);
  auto relay = net::replay_server::start(frames, {}).value();
  auto options = node_settings(fmt::format("ws://127.0.0.1:{}", relay->port()), database);
  options.shards = 1; // else the like may wait for its post, and then be written with it
  options.transaction_timeout = 400ms;
  const auto running = start_node(options);
  finish(*running);
  CHECK(value(on, "SELECT count(*)::text FROM posts") == "2");
  CHECK(value(on, "SELECT count(*)::text FROM dead_letters WHERE path LIKE '%/600000'") == "1");
}
