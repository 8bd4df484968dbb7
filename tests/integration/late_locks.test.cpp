#include "db/index/posts.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>

// Locks that a batch needs when it already holds others.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

const record_ref root{"at://did:plc:alice/app.bsky.feed.post/root", cid_of(block_of({{"a", 1}}))};
const record_ref absent{"at://did:plc:alice/app.bsky.feed.post/absent",
                        cid_of(block_of({{"a", 2}}))};

[[nodiscard]] std::string lock_of_post(index_target& target, const record_ref& post) {
  const auto rkey = post.uri.substr(post.uri.rfind('/') + 1);
  return "SELECT FROM post_aggregates WHERE post_id = " +
         value(target.connection, "SELECT id FROM uris WHERE rkey = '" + rkey + "'") +
         " FOR UPDATE";
}

/// Applies frames as a batch while another session holds `first` and then requests `second`, like a
/// batch that takes these locks in order. The tested batch must not hold `second` while it waits
/// for `first`: that deadlock would last for the second that PostgreSQL needs to find it.
void contest(index_target& target, const std::vector<frame_bytes>& frames, const std::string& first,
             const std::string& second) {
  const auto batch = target.batch_of(frames);
  auto other = must(db::connection::open(target.connection.options()));
  auto looking = must(db::connection::open(target.connection.options()));
  must(other.exec_script("BEGIN; " + first));
  std::vector<std::string> tries;
  std::promise<void> first_try;
  db::tx_options options{.deadline = 60s, .lock_timeout = 60s};
  options.on_retry = [&](const db::db_error& why) { tries.push_back(why.sqlstate); };
  options.sleep = [&](auto) {
    if (tries.size() == 1)
      first_try.set_value();
  };
  auto applied = std::async(std::launch::async,
                            [&] { return db::apply_batch(target.connection, options, batch); });
  REQUIRE(first_try.get_future().wait_for(30s) == std::future_status::ready);
  wait_for_blocked_sessions(looking, 1);
  // It waits for its first lock and holds none of the later ones, so no session waits for it.
  must(other.exec_script("SET LOCAL lock_timeout = '10s'; " + second));
  must(other.exec_script("COMMIT"));
  const auto done = applied.get();
  if (!done)
    FAIL(done.error().message);
  CHECK(tries == std::vector<std::string>{"55P03"});
}

} // namespace

TEST_CASE("a late lock of an ancestor is not waited for out of order") {
  firehose_builder events;
  events.like("bob", "l1", absent);
  const auto parent = events.reply("bob", "parent", absent, root);
  index_target target;
  target.apply(events.take(), 1);
  // The parent replies to a post that is not indexed, so its thread is not known in advance.
  events.reply("carol", "answer", parent, root);
  contest(target, events.take(), lock_of_post(target, absent), lock_of_post(target, parent));
  CHECK(counts(target.connection, parent) == "0 0 1 0");
  CHECK(target.count("posts") == 2);
}

TEST_CASE("a late lock of a deleted reply's parent is not waited for out of order") {
  firehose_builder events;
  events.post("alice", "any");
  const auto post = events.post("alice", "root");
  events.create("alice", "app.bsky.feed.threadgate/root",
                {{"$type", "app.bsky.feed.threadgate"},
                 {"post", post.uri},
                 {"allow", boost::json::array{}},
                 {"createdAt", record_time}});
  const auto reply = events.reply("bob", "reply", post, post);
  events.reply("carol", "answer", reply, post);
  // The thread and its gate arrive last, although they are older than the replies that they forbid.
  auto frames = events.in_order({0, 3, 4, 1, 2});
  const std::vector<frame_bytes> late{frames.begin() + 3, frames.end()};
  frames.resize(3);
  index_target target;
  target.apply(frames, 1);
  CHECK(counts(target.connection, reply) == "0 0 1 0");
  contest(target, late, lock_of_post(target, reply),
          "SELECT FROM user_aggregates WHERE user_id = " +
              value(target.connection, "SELECT id FROM users WHERE did = 'did:plc:alice'") +
              " FOR UPDATE");
  CHECK(counts(target.connection, reply) == "0 0 0 0");
  CHECK(counts(target.connection, post) == "0 0 0 0");
}

TEST_CASE("a late lock that is free needs no second try") {
  firehose_builder events;
  const auto parent = events.reply("bob", "parent", absent, root);
  index_target target;
  target.apply(events.take(), 1);
  events.reply("carol", "answer", parent, root);
  int tries = 0;
  db::tx_options options;
  options.on_retry = [&](const db::db_error&) { ++tries; };
  REQUIRE(db::apply_batch(target.connection, options, target.batch_of(events.take())));
  CHECK(tries == 0);
  CHECK(counts(target.connection, parent) == "0 0 1 0");
}

TEST_CASE("locks after a late lock have the normal timeout again") {
  index_target target;
  target.apply({}, 1);
  const auto setting = db::transaction::run(
      target.connection, {.lock_timeout = 1234ms}, [](db::tx& on) -> db::outcome<std::string> {
        db::pipeline pipe(on);
        db::queue_lock_posts_late(pipe, {});
        must(pipe.sync());
        return std::string{must(on.exec("SELECT current_setting('lock_timeout')")).get_text(0, 0)};
      });
  CHECK(must(setting) == "1234ms");
}
