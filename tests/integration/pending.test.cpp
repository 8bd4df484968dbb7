#include "db/accounts/purge.hpp"
#include "db/index/users.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <future>
#include <latch>
#include <random>

// Parked operations with concurrent writers, releases, updates and deletions.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// One shard of a service, with a connection of its own; used from one thread.
class writer {
public:
  writer(const std::string& conninfo, std::int32_t shard, std::int64_t token,
         std::string service = "test")
      : on_(db::connection::open({.conninfo = conninfo}).value()), shard_(shard), token_(token),
        service_(std::move(service)) {}

  /// One batch. @returns what it reports, or an error's text.
  [[nodiscard]] expected<db::apply_report> apply(const std::vector<frame_bytes>& frames) {
    db::build_events events{[](auto, auto, auto, const auto&) {}, [](auto) {}};
    db::batch_builder builder(events);
    std::int64_t last = 0;
    for (const auto& data : frames) {
      if (auto added = builder.add(*atproto::decode_frame(*data)); !added)
        return tl::unexpected(added.error());
      last = atproto::peek_frame(*data)->seq;
    }
    auto batch = builder.take();
    batch.service = service_;
    batch.shard = shard_;
    batch.token = token_;
    batch.last_seq = last;
    auto ids = db::intern_users(on_, batch.refs.dids());
    if (!ids)
      return fail(errc::io, "{}", ids.error().message);
    batch.user_ids = std::move(*ids);
    // As a shard does: retry transient errors.
    for (int attempt = 0; attempt < 100; ++attempt) {
      auto done = db::apply_batch(on_, {.deadline = 60s, .lock_timeout = 60s}, batch);
      if (done)
        return std::move(*done);
      if (done.error().cls != db::error_class::transient)
        return fail(errc::io, "{} {}", done.error().statement, done.error().message);
    }
    return fail(errc::timeout, "a hundred attempts");
  }

private:
  db::connection on_;
  std::int32_t shard_;
  std::int64_t token_;
  std::string service_;
};

[[nodiscard]] std::int64_t claim(db::connection& on, std::int32_t shards,
                                 const std::string& service = "test") {
  // Catch cannot assert in two threads at once, and some tests claim cursors in their own thread.
  return take_over(on, service, shards).token;
}

/// Likes of alice's post p1 by `count` users.
[[nodiscard]] std::vector<frame_bytes> likes_of(firehose_builder& events, const record_ref& post,
                                                int count, int first = 0) {
  for (int i = first; i < first + count; ++i)
    events.like(fmt::format("user{}", i), "x1", post);
  return events.take();
}

using reporting = std::future<expected<db::apply_report>>;

/// The reports of all writers, after they have finished.
[[nodiscard]] std::vector<db::pending_change> changes_of(std::vector<reporting>& lanes) {
  std::vector<db::pending_change> out;
  for (auto& lane : lanes) {
    const auto done = lane.get();
    if (!done)
      FAIL(done.error().message);
    out.insert(out.end(), done->pending.begin(), done->pending.end());
  }
  return out;
}

[[nodiscard]] std::size_t number_of(const std::vector<db::pending_change>& changes,
                                    db::pending_event what) {
  return static_cast<std::size_t>(std::ranges::count(changes, what, &db::pending_change::what));
}

[[nodiscard]] firehose_builder::fields text(std::string_view words) {
  return {{"$type", "app.bsky.feed.post"}, {"text", words}, {"createdAt", record_time}};
}

constexpr int rounds = 12;

} // namespace

TEST_CASE("concurrent creates and deletes leave counts of the existing rows") {
  // Release and delete; release and delete of the referent; park and release.
  std::mt19937 random(3);
  for (int round = 0; round < rounds; ++round) {
    firehose_builder events;
    const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1",
                          cid_of(block_of(text("any")))};
    const record_ref list{"at://did:plc:alice/app.bsky.graph.list/l1", ""};
    bool lives = false;
    bool listed = false;
    for (int i = 0; i < 15; ++i) {
      if (random() % 3 == 0) {
        listed ? events.remove(list) : static_cast<void>(events.list("alice", "l1"));
        listed = !listed;
      } else {
        lives ? events.remove(post) : static_cast<void>(events.post("alice", "p1"));
        lives = !lives;
      }
    }
    std::size_t likes = 0;
    std::size_t reposts = 0;
    for (const std::string who : {"bob", "carol"}) {
      bool liked = false;
      bool reposted = false;
      for (int i = 0; i < 15; ++i) {
        auto& has = random() % 2 == 0 ? liked : reposted;
        const auto kind = &has == &liked ? "like" : "repost";
        const record_ref self{"at://" + did_of(who) + "/app.bsky.feed." + kind + "/x1", ""};
        if (has)
          events.remove(self);
        else if (&has == &liked)
          events.like(who, "x1", post);
        else
          events.repost(who, "x1", post);
        has = !has;
      }
      likes += liked ? 1 : 0;
      reposts += reposted ? 1 : 0;
    }
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    const auto token = claim(on, 3);
    const auto frames = events.take();
    const auto repos = events.repos();
    std::vector<std::future<expected<void>>> lanes;
    for (const std::string who : {"alice", "bob", "carol"}) {
      std::vector<frame_bytes> own;
      for (std::size_t i = 0; i < frames.size(); ++i)
        if (repos[i] == did_of(who))
          own.push_back(frames[i]);
      lanes.push_back(std::async(std::launch::async,
                                 [own, database, token, shard = lanes.size()]() -> expected<void> {
                                   writer lane(database, static_cast<std::int32_t>(shard), token);
                                   for (const auto& frame : own)
                                     if (auto done = lane.apply({frame}); !done)
                                       return tl::unexpected(done.error());
                                   return {};
                                 }));
    }
    for (auto& lane : lanes) {
      const auto done = lane.get();
      if (!done)
        FAIL(done.error().message);
    }
    INFO("round " << round << (lives ? ", the post lives" : ", no post"));
    CHECK(counts(on, post) == fmt::format("{} {} 0 0", lives ? likes : 0, lives ? reposts : 0));
    CHECK(value(on, "SELECT (SELECT count(*) FROM likes) + (SELECT count(*) FROM reposts)") ==
          std::to_string(lives ? likes + reposts : 0));
    CHECK(value(on, "SELECT count(*) FROM pending_ops") ==
          std::to_string(lives ? 0 : likes + reposts));
    CHECK(value(on, "SELECT count(*) FROM notifications") ==
          std::to_string(lives ? likes + reposts : 0));
    CHECK(value(on, "SELECT count(*) FROM feed_items WHERE repost_rkey IS NOT NULL") ==
          std::to_string(lives ? reposts : 0));
  }
}

TEST_CASE("two writers that apply the same release concurrently release once") {
  for (int round = 0; round < rounds; ++round) {
    firehose_builder events;
    const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1",
                          cid_of(block_of(text("any")))};
    const auto waiting = likes_of(events, post, 5);
    events.post("alice", "p1");
    const auto release = events.take();
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    const auto token = claim(on, 1);
    const auto parked = writer(database, 0, token).apply(waiting);
    REQUIRE(parked);
    CHECK(parked->pending.size() == 5);
    std::vector<reporting> lanes;
    for (int i = 0; i < 4; ++i)
      lanes.push_back(std::async(std::launch::async,
                                 [&] { return writer(database, 0, token).apply(release); }));
    const auto changes = changes_of(lanes);
    CHECK(number_of(changes, db::pending_event::released) == 5);
    CHECK(changes.size() == 5);
    CHECK(counts(on, post) == "5 0 0 0");
    CHECK(value(on, "SELECT count(*) FROM notifications") == "5");
  }
}

TEST_CASE("operations that two services park and a third writer releases, in any order of locking, "
          "are released once") {
  // None has read rows of the others when the first of them continues, so each tries to do all.
  std::array<std::size_t, 3> order{0, 1, 2}; // two park, one releases
  do {
    firehose_builder events;
    const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1",
                          cid_of(block_of(text("any")))};
    const auto first = likes_of(events, post, 1);
    const auto waiting = likes_of(events, post, 5, 1);
    events.post("alice", "p1");
    const auto release = events.take();
    const auto database = pg_fixture::fresh_database();
    auto on = connect_to(database);
    auto locker = connect_to(database);
    REQUIRE(db::migrate(on));
    const auto one = claim(on, 2, "one");
    const auto two = claim(on, 1, "two");
    // So that the post's row of post_aggregates exists, which all of them lock.
    REQUIRE(writer(database, 1, one, "one").apply(first));
    must(locker.exec_script("BEGIN; SELECT FROM post_aggregates FOR UPDATE"));
    std::vector<reporting> lanes;
    for (const auto who : order) {
      lanes.push_back(std::async(std::launch::async, [&, who] {
        if (who == 2)
          return writer(database, 0, one, "one").apply(release);
        return who == 0 ? writer(database, 1, one, "one").apply(waiting)
                        : writer(database, 0, two, "two").apply(waiting);
      }));
      wait_for_blocked_sessions(on, lanes.size());
    }
    must(locker.exec_script("COMMIT"));
    const auto changes = changes_of(lanes);
    INFO("order " << order[0] << order[1] << order[2]);
    // A writer that finds the post does not park.
    const std::size_t parked = order[0] == 2 ? 0 : 5;
    CHECK(number_of(changes, db::pending_event::parked) == parked);
    CHECK(number_of(changes, db::pending_event::released) == parked + 1);
    CHECK(changes.size() == 2 * parked + 1);
    index_target alone;
    alone.apply(events.in_order({0, 1, 2, 3, 4, 5, 6}), 1);
    CHECK(differing(alone.fingerprints(), fingerprints(on)) == std::vector<std::string>{});
    CHECK(counts(on, post) == "6 0 0 0");
    CHECK(value(on, "SELECT count(*) FROM pending_ops") == "0");
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("parked operations are replaced by newer versions while they are released") {
  const auto release_is_first = GENERATE(true, false);
  firehose_builder events;
  const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1", cid_of(block_of(text("any")))};
  const auto waiting = likes_of(events, post, 5);
  for (int i = 0; i < 5; ++i)
    events.update(fmt::format("user{}", i), "app.bsky.feed.like/x1",
                  {{"$type", "app.bsky.feed.like"},
                   {"subject", ref_to(post)},
                   {"createdAt", "2026-10-01T00:00:00.000Z"}});
  const auto newer = events.take();
  events.post("alice", "p1");
  const auto release = events.take();
  const auto database = pg_fixture::fresh_database();
  auto on = connect_to(database);
  auto locker = connect_to(database);
  REQUIRE(db::migrate(on));
  const auto token = claim(on, 2);
  REQUIRE(writer(database, 1, token).apply(waiting));
  // One writer waits with the rows that it has removed from pending_ops; the other then finds them.
  must(locker.exec_script(release_is_first ? "BEGIN; LOCK TABLE notifications IN EXCLUSIVE MODE"
                                           : "BEGIN; SELECT FROM pending_ops FOR UPDATE"));
  const auto start = [&](bool releasing) {
    return std::async(std::launch::async, [&, releasing] {
      return writer(database, releasing ? 0 : 1, token).apply(releasing ? release : newer);
    });
  };
  std::vector<reporting> lanes;
  lanes.push_back(start(release_is_first));
  wait_for_blocked_sessions(on, 1);
  lanes.push_back(start(!release_is_first));
  wait_for_blocked_sessions(on, 2);
  must(locker.exec_script("COMMIT"));
  const auto changes = changes_of(lanes);
  CHECK(number_of(changes, db::pending_event::released) == 5);
  const std::size_t waited_again = release_is_first ? 0 : 5;
  CHECK(number_of(changes, db::pending_event::cancelled) == waited_again);
  CHECK(number_of(changes, db::pending_event::parked) == waited_again);
  index_target alone;
  alone.apply(events.in_order({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 1);
  CHECK(differing(alone.fingerprints(), fingerprints(on)) == std::vector<std::string>{});
  CHECK(counts(on, post) == "5 0 0 0");
  CHECK(value(on, "SELECT count(*) FROM likes") == "5");
  CHECK(value(on, "SELECT count(*) FROM pending_ops") == "0");
}

TEST_CASE("two services that apply the same events concurrently count each once") {
  // Each service has a cursor of its own, so only locks on rows keep the two apart.
  for (int round = 0; round < rounds; ++round) {
    firehose_builder events;
    const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1",
                          cid_of(block_of(text("any")))};
    const auto waiting = likes_of(events, post, 5);
    events.post("alice", "p1");
    const auto release = events.take();
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    // In every other round all operations are parked already, and both services release them.
    std::size_t parked = 0;
    if (round % 2 == 0)
      parked = writer(database, 0, claim(on, 1, "early"), "early").apply(waiting)->pending.size();
    std::latch start(2);
    std::vector<std::future<expected<std::vector<db::pending_change>>>> lanes;
    for (const std::string service : {"one", "two"})
      lanes.push_back(std::async(
          std::launch::async,
          [&, service,
           token = claim(on, 1, service)]() -> expected<std::vector<db::pending_change>> {
            writer lane(database, 0, token, service);
            start.arrive_and_wait();
            std::vector<db::pending_change> out;
            for (const auto& frames : {waiting, release}) {
              const auto done = lane.apply(frames);
              if (!done)
                return tl::unexpected(done.error());
              out.insert(out.end(), done->pending.begin(), done->pending.end());
            }
            return out;
          }));
    std::size_t released = 0;
    for (auto& lane : lanes) {
      const auto done = lane.get();
      if (!done)
        FAIL(done.error().message);
      for (const auto& each : *done)
        ++(each.what == db::pending_event::released ? released : parked);
    }
    INFO("round " << round);
    // Writers that found the post did not park.
    CHECK(parked <= 5);
    CHECK(released == parked);
    CHECK(counts(on, post) == "5 0 0 0");
    CHECK(value(on, "SELECT count(*) FROM likes") == "5");
    CHECK(value(on, "SELECT count(*) FROM pending_ops") == "0");
    CHECK(value(on, "SELECT count(*) FROM notifications") == "5");
    CHECK(user_counts(on, "alice") == "0 0 1");
  }
}

TEST_CASE("a takeover while a release waits for a lock releases once") {
  firehose_builder events;
  const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1", cid_of(block_of(text("any")))};
  const auto waiting = likes_of(events, post, 5);
  events.post("alice", "p1");
  const auto release = events.take();
  const auto later = likes_of(events, post, 1, 5);
  const auto database = pg_fixture::fresh_database();
  auto on = db::connection::open({.conninfo = database}).value();
  auto locker = db::connection::open({.conninfo = database}).value();
  REQUIRE(db::migrate(on));
  const auto old_token = claim(on, 1);
  REQUIRE(writer(database, 0, old_token).apply(waiting));
  REQUIRE(locker.exec_script("BEGIN; SELECT FROM pending_ops FOR UPDATE"));
  auto old =
      std::async(std::launch::async, [&] { return writer(database, 0, old_token).apply(release); });
  wait_for_blocked_sessions(on, 1);
  // The running batch holds the cursor's row, so the newer writer waits until it ends.
  auto taken = std::async(std::launch::async, [&] {
    auto other = db::connection::open({.conninfo = database}).value();
    return claim(other, 1);
  });
  wait_for_blocked_sessions(on, 2);
  REQUIRE(locker.exec_script("COMMIT"));
  const auto by_old = old.get();
  const auto new_token = taken.get();
  CHECK(new_token > old_token);
  const auto by_new = writer(database, 0, new_token).apply(release);
  REQUIRE(by_new);
  // Either the old writer released it, or it was fenced and the new one did; exactly one of them.
  const auto released_by_old = by_old ? by_old->pending.size() : 0;
  CHECK(released_by_old + by_new->pending.size() == 5);
  CHECK(counts(on, post) == "5 0 0 0");
  CHECK(value(on, "SELECT count(*) FROM notifications") == "5");
  CHECK(value(on, "SELECT count(*) FROM pending_ops") == "0");
  CHECK_FALSE(writer(database, 0, old_token).apply(later));
  CHECK(counts(on, post) == "5 0 0 0");
  CHECK(writer(database, 0, new_token).apply(later));
  CHECK(counts(on, post) == "6 0 0 0");
}

TEST_CASE("the author of a post is purged while likes of it are parked and released") {
  for (int round = 0; round < rounds; ++round) {
    firehose_builder events;
    const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1",
                          cid_of(block_of(text("any")))};
    const auto before = likes_of(events, post, 4);
    const auto meanwhile = likes_of(events, post, 4, 4);
    events.post("alice", "p1");
    const auto release = events.take();
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    const auto owner = take_over(on, "test", 2);
    const auto token = owner.token;
    REQUIRE(writer(database, 1, token).apply(before));
    std::latch start(2);
    auto likers = std::async(std::launch::async, [&]() -> expected<void> {
      writer lane(database, 1, token);
      start.arrive_and_wait();
      for (const auto& frame : meanwhile)
        if (auto done = lane.apply({frame}); !done)
          return tl::unexpected(done.error());
      return {};
    });
    auto author = std::async(std::launch::async, [&]() -> expected<void> {
      writer lane(database, 0, token);
      start.arrive_and_wait();
      if (auto done = lane.apply(release); !done)
        return tl::unexpected(done.error());
      // As its deletion does, after the post in the same lane.
      auto mine = db::connection::open({.conninfo = database}).value();
      if (auto inserted = mine.exec_script(
              "DELETE FROM identity_tasks; INSERT INTO identity_tasks (user_id, kind, event_time, "
              "place, forced) SELECT id, 1, now(), 9e18, true FROM users WHERE did = "
              "'did:plc:alice'");
          !inserted)
        return fail(errc::io, "{}", inserted.error().message);
      const auto tasks =
          db::claim_identity_tasks(mine, owner.node, 100, std::chrono::minutes{1}, {});
      if (!tasks)
        return fail(errc::io, "{}", tasks.error().message);
      for (const auto& task : tasks->tasks)
        if (task.kind == db::identity_kind::deletion)
          for (int attempt = 0; attempt < 100; ++attempt) {
            const auto done = db::purge_confirmed(mine, {}, {task, "test", 0, owner.node});
            if (done)
              return {};
            if (done.error().cls != db::error_class::transient)
              return fail(errc::io, "{}", done.error().message);
          }
      return fail(errc::not_found, "no deletion was claimed");
    });
    for (auto* lane : {&likers, &author})
      if (const auto done = lane->get(); !done)
        FAIL(done.error().message);
    INFO("round " << round);
    // Nothing of the post is left, and all its likes are parked again.
    CHECK(value(on, "SELECT count(*) FROM posts") == "0");
    CHECK(value(on, "SELECT count(*) FROM likes") == "0");
    CHECK(value(on, "SELECT count(*) FROM pending_ops") == "8");
    CHECK(value(on, "SELECT count(*) FROM notifications") == "0");
    CHECK(counts(on, post) == "0 0 0 0");
  }
}
