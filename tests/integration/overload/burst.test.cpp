#include "actors/intake/routing.hpp"
#include "db/schema/migrator.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/overload/heavy_load.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

constexpr std::size_t shards = 4;
constexpr int commits = 500;
constexpr int follows_each = 200; // the most operations of one commit
constexpr int follows = commits * follows_each;

/// What the process may grow by: the frames in hand (30 MB), the batch of up to all of their
/// operations, and its statements.
#if defined(PRISM_THREAD_SANITIZER)
constexpr std::size_t max_growth = std::size_t{384 * 4} << 20U; // with its shadow
#else
constexpr std::size_t max_growth = std::size_t{384} << 20U;
#endif

[[nodiscard]] std::size_t shard_of_user(std::string_view who) {
  return shard_of(did_of(who), shards);
}

/// Of another shard than `who`.
[[nodiscard]] std::string somebody_beside(std::string_view who) {
  for (int i = 0;; ++i)
    if (auto name = fmt::format("writer{}", i); shard_of_user(name) != shard_of_user(who))
      return name;
}

/// Commits of follows of DIDs that nobody has seen; behind each a post by the other.
[[nodiscard]] std::vector<frame_bytes> burst_of(std::string_view who, std::string_view other) {
  firehose_builder events;
  for (int i = 0; i < commits; ++i) {
    std::vector<change> changes;
    for (int k = i * follows_each; k < (i + 1) * follows_each; ++k)
      changes.push_back({"create", fmt::format("app.bsky.graph.follow/f{}", k),
                         block_of({{"$type", "app.bsky.graph.follow"},
                                   {"subject", did_of(fmt::format("unknown{}", k))},
                                   {"createdAt", record_time}})});
    events.commit(who, changes);
    events.post(other, fmt::format("p{}", i));
  }
  return events.take();
}

} // namespace

TEST_CASE(
    "a burst of 100,000 unknown DIDs by one account does not hold up another, and memory keeps "
    "to its bound") {
  const std::string follower = "burst";
  const auto writer = somebody_beside(follower);
  const auto frames = burst_of(follower, writer);
  const auto last = static_cast<std::int64_t>(frames.size());
  const auto relay = net::replay_server::start(frames, {}).value();
  const auto database = pg_fixture::fresh_database();
  auto on = connect_to(database);
  auto gate = connect_to(database);
  REQUIRE(db::migrate(on));
  // The burst is at work unhindered until the middle of its DIDs is to be stored, and stands there.
  must(on.exec_script(fmt::format(
      "create function stand() returns trigger language plpgsql as $$ begin perform "
      "pg_advisory_xact_lock_shared(1); return new; end $$; create trigger stand before insert on "
      "users for each row when (new.did = '{}') execute function stand();",
      did_of(fmt::format("unknown{}", follows / 2)))));
  must(gate.exec_script("select pg_advisory_lock(1)"));
  auto options = node_settings(relay->url(), database);
  options.shards = shards;
  options.until_caught_up = {};
  const auto before = resident_bytes();
  std::size_t peak = 0;
  const auto running = start_node(options);
  const auto cursor_of = [&](std::string_view who) {
    const auto now = resident_bytes();
    peak = std::max(peak, now > before ? now - before : 0);
    return std::stoll(value(
        on, fmt::format("SELECT seq FROM firehose_cursor WHERE shard = {}", shard_of_user(who))));
  };
  // All that the other account has to say is stored, the last of it behind the whole burst, which
  // is not through.
  CHECK(eventually([&] { return cursor_of(writer) == last; }));
  CHECK(cursor_of(follower) < last - 1);
  CHECK(value(on, "SELECT count(*) FROM posts") == std::to_string(commits));
  must(gate.exec_script("select pg_advisory_unlock(1)"));
  CHECK(eventually([&] { return cursor_of(follower) >= last - 1; }));
  CHECK(running->stop());
  UNSCOPED_INFO("grown by " << (peak >> 20U) << " MiB");
  CHECK(peak < max_growth);
  CHECK(user_counts(on, follower) == fmt::format("0 {} 0", follows));
  CHECK(user_counts(on, writer) == fmt::format("0 0 {}", commits));
  CHECK(value(on, "SELECT format('%s %s', count(*), count(DISTINCT subject_id)) FROM follows") ==
        fmt::format("{} {}", follows, follows));
  CHECK(value(on, "SELECT format('%s %s', sum(followers_count), max(followers_count)) FROM "
                  "user_aggregates") == fmt::format("{} 1", follows));
  CHECK(value(on, "SELECT count(*) FROM users WHERE did <> ''") == std::to_string(follows + 2));
  CHECK(value(on, "SELECT count(*) FROM notifications") == std::to_string(follows));
  CHECK(value(on, "SELECT count(*) FROM dead_letters") == "0");
}
