#include "tests/integration/running_node.hpp"

#include "actors/intake/routing.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

// What needs a person: the shard concerned stands before it and says so, the others go on, and
// nothing is left out.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t shards = 4;

[[nodiscard]] std::size_t shard_of_user(const std::string& who) {
  return shard_of(did_of(who), shards);
}

/// Some posts of many, the one like of bob in their middle.
struct tale_of_one_like {
  std::vector<frame_bytes> frames;
  std::int64_t like_seq{0};
  std::size_t posts{0};
  std::size_t behind{0}; // posts of bob's shard after the like

  tale_of_one_like() {
    firehose_builder tale;
    std::vector<std::string> users{"bob"};
    for (int i = 0; i < 40; ++i)
      users.push_back("user" + std::to_string(i));
    std::optional<record_ref> first;
    const auto post = [&](const std::string& who, const char* rkey) {
      auto one = tale.post(who, rkey);
      ++posts;
      if (!first)
        first = std::move(one);
    };
    for (const auto& who : users)
      post(who, "before");
    tale.like("bob", "l1", *first);
    like_seq = static_cast<std::int64_t>(tale.size());
    for (const auto& who : users) {
      post(who, "behind");
      behind += shard_of_user(who) == shard_of_user("bob") ? 1 : 0;
    }
    frames = tale.take();
  }
};

[[nodiscard]] std::int64_t number(db::connection& on, const std::string& select) {
  return std::stoll(value(on, select));
}

/// A database that belongs to a role without any power but that, migrated.
struct plain_database {
  // Roles are the whole server's.
  std::string as_admin = (pg_fixture::use_own_server(), pg_fixture::fresh_database());
  std::string as_plain = as_admin + " user=plain";
  db::connection admin = connect_to(as_admin);

  plain_database() {
    must(admin.exec_script("CREATE ROLE plain LOGIN; ALTER DATABASE " +
                           value(admin, "SELECT current_database()") + " OWNER TO plain"));
    auto plain = connect_to(as_plain);
    REQUIRE(db::migrate(plain));
  }
  ~plain_database() {
    // A role can be dropped only when nothing is its own any more.
    static_cast<void>(admin.exec_script("REASSIGN OWNED BY plain TO CURRENT_USER; DROP OWNED BY "
                                        "plain; DROP ROLE plain"));
  }
  plain_database(const plain_database&) = delete;
  plain_database& operator=(const plain_database&) = delete;
};

} // namespace

TEST_CASE(
    "a shard that lacks a right stands before the frame, says so, and goes on when it has it") {
  const tale_of_one_like tale;
  plain_database database;
  auto& admin = database.admin;
  must(admin.exec_script("REVOKE INSERT ON likes FROM plain"));

  const auto relay = net::replay_server::start(tale.frames, {}).value();
  auto options = node_settings(relay->url(), database.as_plain);
  options.shards = shards;
  options.until_caught_up = 3s;
  const auto running = start_node(options);
  auto& context = running->context();
  const auto blocked = shard_of_user("bob");
  REQUIRE(eventually([&] { return context.metrics.shard(blocked).held->Value() == 1; }));
  const auto says = evaluate_readiness(context.status.facts());
  INFO(says.text);
  CHECK_FALSE(says.ready);
  CHECK(says.text.find(fmt::format("{}: before frame {}: 42501", names::shard(blocked).text(),
                                   tale.like_seq)) != std::string::npos);
  // The others go on to the end.
  CHECK(eventually([&] {
    return number(admin, fmt::format("SELECT min(seq) FROM firehose_cursor WHERE shard <> {}",
                                     blocked)) == static_cast<std::int64_t>(tale.frames.size());
  }));
  // It has done what came before, and nothing after.
  const auto cursor = fmt::format("SELECT seq FROM firehose_cursor WHERE shard = {}", blocked);
  CHECK(number(admin, cursor) < tale.like_seq);
  CHECK(number(admin, "SELECT count(*) FROM posts") ==
        static_cast<std::int64_t>(tale.posts - tale.behind));
  CHECK(number(admin, "SELECT count(*) FROM dead_letters") == 0);
  for (std::size_t shard = 0; shard < shards; ++shard)
    CHECK(context.metrics.shard(shard).held->Value() == (shard == blocked ? 1 : 0));
  CHECK_FALSE(context.status.wait(0ms)); // and it is not caught up

  must(admin.exec_script("GRANT INSERT ON likes TO plain"));
  REQUIRE(eventually([&] { return context.metrics.shard(blocked).held->Value() == 0; }));
  CHECK(evaluate_readiness(context.status.facts()).ready);
  finish(*running);
  CHECK(number(admin, cursor) == static_cast<std::int64_t>(tale.frames.size()));
  CHECK(number(admin, "SELECT count(*) FROM dead_letters") == 0);
  index_target target;
  target.apply(tale.frames, 100);
  CHECK(differing(target.fingerprints(), rows_of(database.as_admin)) == std::vector<std::string>{});
}

TEST_CASE("shards that cannot have their users made say so, and go on when they can") {
  const tale_of_one_like tale;
  plain_database database;
  must(database.admin.exec_script("REVOKE INSERT ON users FROM plain"));
  const auto relay = net::replay_server::start(tale.frames, {}).value();
  auto options = node_settings(relay->url(), database.as_plain);
  options.until_caught_up = 6s; // longer than a shard rests
  const auto running = start_node(options);
  auto& context = running->context();
  const auto blocked = shard_of_user("bob");
  REQUIRE(eventually([&] { return context.metrics.shard(blocked).held->Value() == 1; }));
  REQUIRE(eventually([&] {
    return evaluate_readiness(context.status.facts())
               .text.find(names::shard(blocked).text() + ": before new users: 42501") !=
           std::string::npos;
  }));
  must(database.admin.exec_script("GRANT INSERT ON users TO plain"));
  REQUIRE(eventually([&] { return evaluate_readiness(context.status.facts()).ready; }));
  CHECK(eventually([&] { return context.metrics.shard(blocked).held->Value() == 0; }));
  finish(*running);
  index_target target;
  target.apply(tale.frames, 100);
  CHECK(differing(target.fingerprints(), rows_of(database.as_admin)) == std::vector<std::string>{});
}
