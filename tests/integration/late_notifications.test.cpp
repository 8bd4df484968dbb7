#include "db/accounts/purge.hpp"
#include "tests/integration/eventually.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>

// A batch of another shard notifies an account while that is being deleted.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

TEST_CASE("a deleted account keeps no notification of a batch that began before its deletion") {
  index_target target;
  target.verify_deletions = GENERATE(false, true);
  firehose_builder events;
  events.post("alice", "p1");
  events.post("bob", "p2");
  target.apply(events.take(), 10);
  events.account("alice", false, "deleted");
  const auto deletion = target.batch_of(events.take()); // here: Catch's checks are for one thread
  auto batch = must(db::connection::open(target.connection.options()));
  auto looking = must(db::connection::open(target.connection.options()));
  // It has looked at the account and is not committed yet.
  must(batch.exec_script("BEGIN; LOCK TABLE firehose_cursor IN ROW EXCLUSIVE MODE; INSERT INTO "
                         "notifications(recipient_id, author_id, reason, rkey, created_at, place) "
                         "SELECT a.id, b.id, 4 /* mention */, 'p2', now(), 1 FROM users a, users b "
                         "WHERE a.did = 'did:plc:alice' AND b.did = 'did:plc:bob' "
                         "AND a.status IS DISTINCT FROM 'deleted'"));
  auto deleted = std::async(std::launch::async, [&] {
    const db::tx_options options{.deadline = 60s, .lock_timeout = 60s};
    must(db::apply_batch(target.connection, options, deletion));
    if (!target.verify_deletions)
      return;
    auto tasks = must(db::claim_identity_tasks(target.connection, target.writer.node, 1'000,
                                               std::chrono::minutes{1}, {}))
                     .tasks;
    std::erase_if(tasks, [](const auto& each) { return each.kind != db::identity_kind::deletion; });
    must(db::purge_confirmed(target.connection, options,
                             {tasks.at(0), "test", 0, target.writer.node}));
  });
  // It waits for the batch, or has not waited.
  CHECK(eventually([&] {
    return deleted.wait_for(0s) == std::future_status::ready ||
           value(looking, "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                          "AND datname = current_database() "
                          "AND query LIKE '%count(DISTINCT virtualtransaction)%'") == "1";
  }));
  CHECK(value(looking, "SELECT count(*) FROM users WHERE status = 'deleted'") == "1");
  must(batch.exec_script("COMMIT"));
  deleted.get();
  CHECK(value(looking, "SELECT count(*) FROM notifications") == "0");
  CHECK(value(looking, "SELECT count(*) FROM posts") == "1");
  CHECK(value(looking, "SELECT count(*) FROM users WHERE status = 'deleted' AND status_place > 0 "
                       "AND indexed_at IS NULL") == "1");
}

TEST_CASE("a deletion whose node died between the mark and the batch is carried out again") {
  index_target target;
  firehose_builder events;
  events.post("alice", "p1");
  events.follow("bob", "f", "alice");
  target.apply(events.take(), 10);
  must(target.connection.exec_script("UPDATE users SET status = 'deleted' "
                                     "WHERE did = 'did:plc:alice'"));
  events.account("alice", false, "deleted");
  target.apply(events.take(), 10);
  CHECK(target.count("posts") == 0);
  CHECK(target.count("notifications") == 0);
  CHECK(target.count(
            "users WHERE status = 'deleted' AND status_place > 0 AND indexed_at IS NULL") == 1);
}
