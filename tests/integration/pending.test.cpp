#include "db/users.hpp"
#include "net/corpus_file.hpp"
#include "net/replay_server.hpp"
#include "tests/integration/asking.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <random>

// Operations that wait for what they refer to, when several writers and several fates meet.

using namespace prism;
using namespace prism::test;

namespace {

/// One shard of a service, with a connection of its own; used from one thread.
class writer {
public:
  writer(const std::string& conninfo, std::int32_t shard, std::int64_t epoch)
      : on_(db::connection::open({.conninfo = conninfo}).value()), shard_(shard), epoch_(epoch) {}

  /// One batch. @returns what it reports, or an error's text.
  [[nodiscard]] expected<db::apply_report> apply(const std::vector<net::frame_bytes>& frames) {
    db::build_events events{[](auto, auto, auto, const auto&) {}, [](auto) {}};
    db::batch_builder builder(events);
    std::int64_t last = 0;
    for (const auto& data : frames) {
      if (auto added = builder.add(*atproto::decode_frame(*data)); !added)
        return tl::unexpected(added.error());
      last = atproto::peek_frame(*data)->seq;
    }
    auto batch = builder.take();
    batch.service = "test";
    batch.shard = shard_;
    batch.epoch = epoch_;
    batch.last_seq = last;
    auto ids = db::intern_users(on_, batch.refs.dids());
    if (!ids)
      return fail(errc::io, "{}", ids.error().message);
    batch.user_ids = std::move(*ids);
    // As a shard does: what is transient is tried again.
    for (int attempt = 0; attempt < 100; ++attempt) {
      auto done = db::apply_batch(on_, {}, batch);
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
  std::int64_t epoch_;
};

[[nodiscard]] std::int64_t claim(db::connection& on, std::int32_t shards) {
  const auto epoch = db::next_epoch(on, "writer", "test").value();
  REQUIRE(db::claim_cursors(on, "test", shards, epoch, 0));
  return epoch;
}

[[nodiscard]] story::fields text(std::string_view words) {
  return {{"$type", "app.bsky.feed.post"}, {"text", words}, {"createdAt", story_time}};
}

constexpr int rounds = 12;

} // namespace

TEST_CASE("likes, posts and lists come and go at once, and what lives is what counts") {
  // Release against delete, delete of the referent while others are released, park against release.
  std::mt19937 random(3);
  for (int round = 0; round < rounds; ++round) {
    story told;
    const made post{"at://did:plc:alice/app.bsky.feed.post/p1", cid_of(block_of(text("any")))};
    const made list{"at://did:plc:alice/app.bsky.graph.list/l1", ""};
    bool lives = false;
    bool listed = false;
    for (int i = 0; i < 15; ++i) {
      if (random() % 3 == 0) {
        listed ? told.remove(list) : static_cast<void>(told.list("alice", "l1"));
        listed = !listed;
      } else {
        lives ? told.remove(post) : static_cast<void>(told.post("alice", "p1"));
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
        const made self{"at://" + did_of(who) + "/app.bsky.feed." + kind + "/x1", ""};
        if (has)
          told.remove(self);
        else if (&has == &liked)
          told.like(who, "x1", post);
        else
          told.repost(who, "x1", post);
        has = !has;
      }
      likes += liked ? 1 : 0;
      reposts += reposted ? 1 : 0;
    }
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    const auto epoch = claim(on, 3);
    const auto frames = told.take();
    const auto repos = told.repos();
    std::vector<std::future<expected<void>>> lanes;
    for (const std::string who : {"alice", "bob", "carol"}) {
      std::vector<net::frame_bytes> own;
      for (std::size_t i = 0; i < frames.size(); ++i)
        if (repos[i] == did_of(who))
          own.push_back(frames[i]);
      lanes.push_back(std::async(std::launch::async,
                                 [own, database, epoch, shard = lanes.size()]() -> expected<void> {
                                   writer lane(database, static_cast<std::int32_t>(shard), epoch);
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

TEST_CASE("two writers that apply the same release at once release once") {
  // Release against a second release, and against a second park of the same operation.
  for (int round = 0; round < rounds; ++round) {
    story told;
    const made post{"at://did:plc:alice/app.bsky.feed.post/p1", cid_of(block_of(text("any")))};
    for (int i = 0; i < 5; ++i)
      told.like(fmt::format("user{}", i), "x1", post);
    const auto waiting = told.take();
    told.post("alice", "p1");
    const auto release = told.take();
    const auto database = pg_fixture::fresh_database();
    auto on = db::connection::open({.conninfo = database}).value();
    REQUIRE(db::migrate(on));
    const auto epoch = claim(on, 1);
    const auto parked = writer(database, 0, epoch).apply(waiting);
    REQUIRE(parked);
    CHECK(parked->pending.size() == 5);
    std::vector<std::future<expected<db::apply_report>>> lanes;
    for (int i = 0; i < 4; ++i)
      lanes.push_back(std::async(std::launch::async, [&, i] {
        return writer(database, 0, epoch).apply(i % 2 == 0 ? release : waiting);
      }));
    std::size_t released = 0;
    std::size_t parked_again = 0;
    for (auto& lane : lanes) {
      const auto done = lane.get();
      if (!done)
        FAIL(done.error().message);
      for (const auto& each : done->pending)
        ++(each.what == db::pending_event::released ? released : parked_again);
    }
    CHECK(released == 5);
    CHECK(parked_again == 0);
    CHECK(counts(on, post) == "5 0 0 0");
    CHECK(value(on, "SELECT count(*) FROM notifications") == "5");
  }
}

TEST_CASE("memory of what waits keeps to its caps, and what it forgets is released all the same") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  const auto run = [&](const config::options& options, auto&& look) {
    const auto running = start_node(options);
    finish(*running);
    look(*running);
  };
  const auto server = net::replay_server::start(corpus, {}).value();
  const auto roomy = pg_fixture::fresh_database();
  run(node_settings(server->url(), roomy), [](node&) {});

  const auto tight = pg_fixture::fresh_database();
  auto options = node_settings(server->url(), tight);
  options.pending_max_posts = 2;
  options.pending_max_items = 1;
  const auto running = start_node(options);
  auto& pending = running->context().metrics.pending();
  CHECK(eventually([&] { return pending.events.of("evicted").Value() > 0; }));
  CHECK(pending.keys[0]->Value() <= 2);
  CHECK(pending.ops[0]->Value() <= 2);
  finish(*running);
  CHECK(rows_of(tight) == rows_of(roomy));
}

TEST_CASE("a node starts with the operations parked last, however many wait") {
  const auto database = pg_fixture::fresh_database();
  auto on = db::connection::open({.conninfo = database}).value();
  REQUIRE(db::migrate(on));
  REQUIRE(on.exec_script(
      "INSERT INTO pending_ops (referent_id, creator_id, collection, rkey, commit_time, "
      "created_at, "
      "cid, subject_cid, parked_at) SELECT i, 1, 2, i::text, now(), now(), '', '', "
      "now() - (300000 - i) * interval '1 ms' FROM generate_series(1, 300000) AS i"));
  const auto server = net::replay_server::start({}, {}).value();
  auto options = node_settings(server->url(), database);
  options.until_caught_up = {};
  const auto running = start_node(options);
  auto& pending = running->context().metrics.pending();
  CHECK(eventually([&] { return pending.ops[0]->Value() == 10'000; }));
  CHECK(pending.keys[0]->Value() == 10'000);
  CHECK(running->stop());
  CHECK(value(on, "SELECT count(*) FROM pending_ops") == "300000");
}
