#include "actors/inspector/stuck.hpp"
#include "actors/inspector/views.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// The sentences about what is stuck, by the part.
[[nodiscard]] std::map<std::string, std::string> stuck(const node_context& node, time_point now) {
  std::map<std::string, std::string> out;
  for (const auto& each : views::stuck_parts(node, now))
    out.emplace(each.at("actor").as_string(), each.at("what").as_string());
  return out;
}

} // namespace

TEST_CASE_METHOD(actor_fixture,
                 "a database that does not finish is named, and the shards that it holds up") {
  const auto now = steady_clock::now();
  node->pool.show({.jobs = {{"db_session-1", "apply_batch", "shard-1", now - 7s},
                            {"db_session-2", "claim_identity", "identity", now - 1s}},
                   .waiting = 0,
                   .unreachable_since = {},
                   .last_refusal = {}});
  node->lanes.show({{.frames = 0, .oldest = {}}, {.frames = 9, .oldest = now - 8s}});
  auto found = stuck(*node, now);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found["database"],
             Catch::Contains("has not finished 1 job for more than 5 s") &&
                 Catch::Contains("apply_batch of shard-1, at db_session-1) for 7 s"));
  CHECK(found["shard-1"] ==
        "shard-1 has 9 frames to commit, the oldest for 8 s: its apply_batch has "
        "been at PostgreSQL (db_session-1) for 7 s");
  CHECK(stuck(*node, now - 3s).empty()); // not yet

  node->pool.show({.jobs = {{"", "apply_batch", "shard-1", now - 7s}},
                   .waiting = 1,
                   .unreachable_since = now - 6s,
                   .last_refusal = "connection refused"});
  found = stuck(*node, now);
  CHECK(found["database"] == "the database has not been reachable for 6 s: connection refused");
  CHECK_THAT(found["shard-1"],
             Catch::Contains("its apply_batch has waited for a database session"));

  node->status.set_problem("shard-1", "before frame 3: permission denied");
  CHECK_THAT(stuck(*node, now)["shard-1"], Catch::EndsWith(": before frame 3: permission denied"));
  node->status.clear_problem("shard-1");
  node->paused.add({.part = "shard-1", .until = now + 1min, .who = "otto", .why = "a test"});
  CHECK(stuck(*node, now).count("shard-1") == 0); // `status` lists it as paused
}

TEST_CASE_METHOD(actor_fixture,
                 "a pool without a free session is named with the first that waits") {
  node->options.db_pool_size = 2;
  const auto now = steady_clock::now();
  node->pool.show({.jobs = {{"db_session-1", "apply_batch", "shard-0", now - 9s},
                            {"db_session-2", "apply_batch", "shard-1", now - 9s},
                            {"", "intern_users", "user_creation", now - 6s},
                            {"", "upkeep", "janitor", now - 2s}},
                   .waiting = 2,
                   .unreachable_since = {},
                   .last_refusal = {}});
  auto found = stuck(*node, now);
  CHECK(found["pool"] == "2 jobs wait for a database session, the first (intern_users of "
                         "user_creation) for 6 s; 2 of 2 sessions are in use");
  CHECK(found.count("database") == 1);
  CHECK(stuck(*node, now - 2s).count("pool") == 0);
}

TEST_CASE_METHOD(actor_fixture,
                 "a relay that is gone or says nothing is named, one without events is not") {
  const auto now = steady_clock::now();
  CHECK(stuck(*node, now).empty()); // it was not tried yet
  node->relay.connected(now);
  const auto limit = node->options.ping_interval + views::stuck_after;
  CHECK(stuck(*node, now + limit - 1s).empty());
  CHECK_THAT(stuck(*node, now + limit + 1s)["relay"],
             Catch::Contains("nothing for 36 s, not even a pong"));
  node->relay.heard(now + limit);
  CHECK(stuck(*node, now + limit + 1s).empty());
  node->relay.not_read(); // backpressure, of which the relay is not the cause
  CHECK(stuck(*node, now + 10 * limit).empty());
  node->relay.ended("reset by peer", now + 1min);
  node->relay.ended("refused", now + 2min);
  CHECK(stuck(*node, now + 1min + 4s).empty());
  CHECK(stuck(*node, now + 2min)["relay"] ==
        "there has been no connection to the relay for 60 s: refused");
}
