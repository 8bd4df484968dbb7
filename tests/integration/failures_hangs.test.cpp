#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Hangs, and the errors after which PostgreSQL expects a retry.

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] const std::vector<frame_bytes>& frames() {
  static const auto all = [] {
    firehose_builder events;
    const auto root = events.post("alice", "root");
    for (int i = 0; i < 200; ++i)
      events.like(fmt::format("user{}", i % 50), fmt::format("l{}", i), root);
    return events.take();
  }();
  return all;
}

/// Has the first inserts into a table fail. What a sequence has given is never taken back, so it
/// counts across the rollbacks.
void fail_inserts(db::connection& on, const std::string& table, const std::string& sqlstate,
                  int times) {
  must(on.exec_script(fmt::format(
      "create sequence failures; create function fail_once() returns trigger language plpgsql as "
      "$$ begin if nextval('failures') <= {} then raise exception 'injected' using errcode = '{}'; "
      "end if; return null; end $$; "
      "create trigger fail_once before insert on {} execute function fail_once()",
      times, sqlstate, table)));
}

/// @returns how often transactions were tried again because of `sqlstate`.
double follow_to_the_end(const std::string& database, const std::string& sqlstate) {
  const auto server = net::replay_server::start(frames(), {}).value();
  auto options = node_settings(server->url(), database);
  options.until_caught_up = std::chrono::seconds{3}; // over every pause between two tries
  const auto running = start_node(options);
  finish(*running);
  return running->context().metrics.database().retries.of(sqlstate).Value();
}

} // namespace

TEST_CASE("transient errors are retried until they have passed") {
  const auto* sqlstate = GENERATE("40P01", "40001", "55P03", "57014", "53100", "53200");
  const auto database = pg_fixture::fresh_database();
  auto on = connect_to(database);
  REQUIRE(db::migrate(on));
  // More than one transaction tries by itself.
  fail_inserts(on, "likes", sqlstate, 6);
  const auto retries = follow_to_the_end(database, sqlstate);
  INFO(sqlstate);
  // The others need more time than a retry gives them; the shard waits.
  if (!std::string_view{sqlstate}.starts_with("53"))
    CHECK(retries >= 3);
  CHECK(std::stoi(value(on, "SELECT last_value FROM failures")) > 6);
  CHECK(value(on, "SELECT count(*) FROM dead_letters") == "0");
  index_target target;
  target.apply(frames(), 100);
  CHECK(differing(target.fingerprints(), rows_of(database)) == std::vector<std::string>{});
}

TEST_CASE("users whose creation failed are created when the database is back") {
  // The events of such a user waited for each other, for ever, and everything behind them too.
  const auto database = pg_fixture::fresh_database();
  auto on = connect_to(database);
  REQUIRE(db::migrate(on));
  fail_inserts(on, "users", "53100", 8);
  CHECK(follow_to_the_end(database, "53100") == 0);
  CHECK(std::stoi(value(on, "SELECT last_value FROM failures")) > 8);
  index_target target;
  target.apply(frames(), 100);
  CHECK(differing(target.fingerprints(), rows_of(database)) == std::vector<std::string>{});
}
