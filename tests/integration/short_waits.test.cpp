#include "db/accounts/purge.hpp"
#include "db/index/users.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

// What one batch or deletion need not wait for in another.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

const record_ref topic{"at://did:plc:alice/app.bsky.feed.post/topic", cid_of(block_of({{"a", 1}}))};

[[nodiscard]] db::confirmed_deletion only_deletion(index_target& target) {
  auto tasks = must(db::claim_identity_tasks(target.connection, target.writer.node, 1'000,
                                             std::chrono::minutes{1}, {}))
                   .tasks;
  std::erase_if(tasks, [](const auto& each) { return each.kind != db::identity_kind::deletion; });
  REQUIRE(tasks.size() == 1);
  return {tasks[0], "test", 0, target.writer.node};
}

} // namespace

TEST_CASE("a post's row of counts is committed before the batch that refers to the post") {
  index_target target;
  firehose_builder events;
  events.like("bob", "l", topic);
  const auto batch = target.batch_of(events.take());
  must(db::intern_uris(target.connection, batch));
  CHECK(target.count("post_aggregates") == 1);
  CHECK(target.count("post_aggregates a JOIN uris u ON u.id = a.post_id WHERE rkey = 'topic'") ==
        1);
  // Once more, as for the next batch that names it.
  must(db::intern_uris(target.connection, batch));
  CHECK(target.count("post_aggregates") == 1);
  CHECK(target.count("uris") == 1);
}

TEST_CASE("a batch makes and locks a row of counts that is missing") {
  index_target target;
  firehose_builder events;
  events.post("carol", "first");
  target.apply(events.take(), 10);
  const auto post = events.post("alice", "topic");
  events.like("bob", "l", post);
  const auto frames = events.take();
  // Ids from a time before their rows of counts came with them.
  must(db::intern_uris(target.connection, target.batch_of(frames)));
  must(target.connection.exec_script("DELETE FROM post_aggregates"));
  must(db::apply_batch(target.connection, {}, target.batch_of(frames)));
  CHECK(target.count("likes") == 1);
  CHECK(target.count("pending_ops") == 0);
  CHECK(target.count("post_aggregates WHERE like_count = 1") == 1);
}

TEST_CASE("a confirmed deletion marks its account while a batch of the shard runs") {
  index_target target;
  target.verify_deletions = true;
  firehose_builder events;
  events.follow("alice", "f", "bob");
  events.account("alice", false, "deleted");
  target.apply(events.take(), 10);
  const auto deletion = only_deletion(target);
  auto batch = must(db::connection::open(target.connection.options()));
  auto looking = must(db::connection::open(target.connection.options()));
  must(batch.exec_script("BEGIN; UPDATE firehose_cursor SET updated_at = now()"));
  auto purged = std::async(std::launch::async, [&] {
    return db::purge_confirmed(target.connection, {.deadline = 60s, .lock_timeout = 60s}, deletion);
  });
  const auto marked = [&] {
    return value(looking, "SELECT count(*) FROM users WHERE status = 'deleted'") == "1";
  };
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!marked() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(5ms);
  CHECK(marked());
  CHECK(value(looking, "SELECT count(*) FROM follows") == "1"); // these it waits for
  must(batch.exec_script("COMMIT"));
  CHECK(must(purged.get()).purged == 1);
}

TEST_CASE("a small account's records, notifications and task are deleted in one transaction") {
  index_target target;
  target.verify_deletions = true;
  firehose_builder events;
  events.follow("alice", "f", "bob");
  events.follow("bob", "f", "alice");
  events.account("alice", false, "deleted");
  target.apply(events.take(), 10);
  const auto deletion = only_deletion(target);
  must(target.connection.exec_script(
      "CREATE TABLE deletions (what text, tx xid8); "
      "CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN INSERT INTO deletions VALUES (TG_TABLE_NAME, pg_current_xact_id()); RETURN NULL; "
      "END'; "
      "CREATE TRIGGER note AFTER DELETE ON follows FOR EACH ROW EXECUTE FUNCTION note_deletion(); "
      "CREATE TRIGGER note AFTER DELETE ON notifications FOR EACH ROW EXECUTE FUNCTION "
      "note_deletion(); "
      "CREATE TRIGGER note AFTER DELETE ON identity_tasks FOR EACH ROW EXECUTE FUNCTION "
      "note_deletion()"));
  CHECK(must(db::purge_confirmed(target.connection, {}, deletion)).purged == 1);
  CHECK(value(target.connection, "SELECT count(DISTINCT what) FROM deletions") == "3");
  CHECK(value(target.connection, "SELECT count(DISTINCT tx) FROM deletions") == "1");
}
