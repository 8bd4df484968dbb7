#include "actors/node/node.hpp"
#include "db/index/users.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/web_server.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <thread>

using namespace prism;
using namespace std::chrono_literals;
using test::must;
using test::web_server;

namespace {

constexpr auto patience = 120s;
const std::string sample = PRISM_SOURCE_DIR "/sample/small";

[[nodiscard]] std::unique_ptr<net::replay_server> recorded_network() {
  net::replay_options options;
  options.directory = net::replay_directory::load(sample).value();
  return net::replay_server::start(net::read_corpus(sample + ".frames.zst").value(), options)
      .value();
}

[[nodiscard]] config::options settings(const net::replay_server& relay, const std::string& database,
                                       const std::string& directory) {
  config::options out;
  out.relay_url = relay.url();
  out.database_url = database;
  out.start_cursor = 0;
  out.metrics_listen = "";
  out.until_caught_up = 2s;
  out.plc_url = out.handle_resolver_url = directory;
  out.allow_private_addresses = true;
  out.identity_host_rate = 1'000;
  out.identity_timeout = 60s; // a busy machine must not cause retries
  return out;
}

[[nodiscard]] std::string http_url(const net::replay_server& of) {
  return "http://127.0.0.1:" + std::to_string(of.port());
}

[[nodiscard]] std::unique_ptr<node> start(config::options options) {
  auto started = node::start(std::move(options), [] { return false; });
  if (!started)
    FAIL(started.error().message);
  return std::move(*started);
}

template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

[[nodiscard]] std::string one(db::connection& on, const std::string& query) {
  return std::string{must(on.exec("SELECT (" + query + ")::text")).get_text(0, 0)};
}

const std::string all_handles =
    "SELECT string_agg(did || ' ' || handle, ',' ORDER BY did) FROM users WHERE handle IS NOT NULL";

void run_to_the_end(const config::options& options) {
  auto running = start(options);
  const auto exit_request = running->context().status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(running->stop());
}

} // namespace

TEST_CASE("a node resolves every handle and purges the accounts that are gone") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  const auto running = start(settings(*network, database, http_url(*network)));
  REQUIRE(running->context().status.wait(patience));
  auto on = test::connect_to(database);
  // Also what purges parked and cancelled is counted.
  const auto& events = running->context().metrics.pending().events;
  CHECK(std::to_string(static_cast<std::int64_t>(
            events.of("parked").Value() - events.of("released").Value() -
            events.of("cancelled").Value())) == one(on, "SELECT count(*) FROM pending_ops"));
  CHECK(running->stop());
  CHECK(one(on, "SELECT count(*) FROM users WHERE indexed_at IS NOT NULL") == "57");
  CHECK(one(on, "SELECT count(handle) FROM users") == "51");
  CHECK(one(on, "SELECT count(*) FROM users WHERE status = 'deleted'") == "3");
  CHECK(one(on, "SELECT count(*) FROM identity_tasks") == "0");
  CHECK(one(on, "SELECT count(*) FROM posts p JOIN users u ON u.id = p.creator_id "
                "WHERE u.status = 'deleted'") == "0");
}

TEST_CASE("when no server answers any more, every good handle stays") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  run_to_the_end(settings(*network, database, http_url(*network)));
  auto on = test::connect_to(database);
  const auto before = one(on, all_handles);
  must(on.exec_script("INSERT INTO identity_tasks (user_id, kind, event_time, forced) "
                      "SELECT id, kind, now(), true FROM users, generate_series(0, 1) AS kind "
                      "WHERE indexed_at IS NOT NULL"));
  const auto posts = one(on, "SELECT count(*) FROM posts");
  web_server broken{[](const auto&, auto& to) { to.answer(500, "broken"); }};
  auto running = start(settings(*network, database, "http://127.0.0.1:" + broken.port()));
  // The first ones fail, then the circuit opens and the others are deferred.
  CHECK(eventually([&] {
    const auto& tasks = running->context().metrics.identity().tasks;
    return tasks.of("failed").Value() >= 5 && tasks.of("deferred").Value() >= 50;
  }));
  CHECK(eventually(
      [&] { return running->context().metrics.identity().open_circuits->Value() == 1; }));
  CHECK(running->stop());
  CHECK(one(on, all_handles) == before);
  CHECK(one(on, "SELECT count(*) FROM identity_tasks") == "114");
  CHECK(one(on, "SELECT count(*) FROM posts") == posts);
}

TEST_CASE("an #identity event bypasses the caches") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  const std::string did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  std::atomic<bool> renamed{false};
  // No other user exists, since lookups of others would renew the handle.
  web_server directory{[&](const auto& asked, auto& to) {
    const std::string handle = renamed ? "new.test" : "old.test";
    if (asked.target == "/" + did)
      to.answer(200, fmt::format(R"({{"id":"{}","alsoKnownAs":["at://{}"]}})", did, handle));
    else if (asked.target.ends_with("handle=" + handle))
      to.answer(200, fmt::format(R"({{"did":"{}"}})", did));
    else
      to.answer(404, "");
  }};
  auto options = settings(*network, database, "http://127.0.0.1:" + directory.port());
  options.until_caught_up = 0s;
  auto running = start(options);
  auto on = test::connect_to(database);
  const auto id = must(db::intern_users(on, {did})).at(0);
  const auto insert_identity_task = [&](bool forced) {
    must(
        on.exec_script(fmt::format("INSERT INTO identity_tasks (user_id, kind, event_time, forced) "
                                   "VALUES ({}, 0, now(), {})",
                                   id, forced)));
  };
  const auto has = [&](const std::string& handle) {
    return eventually([&] {
      return one(on, fmt::format("SELECT count(*) FROM identity_tasks WHERE user_id = {}", id)) ==
                 "0" &&
             one(on, fmt::format("SELECT count(*) FROM users WHERE id = {} AND handle = '{}'", id,
                                 handle)) == "1";
    });
  };
  insert_identity_task(true);
  CHECK(has("old.test"));
  renamed = true;
  insert_identity_task(false); // seen again after a day: the caches may answer
  CHECK(has("old.test"));
  insert_identity_task(true);
  CHECK(has("new.test"));
  CHECK(running->stop());
}

TEST_CASE("a PLC directory that hangs delays no event, and no stop") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  web_server hanging{[](const auto&, auto& to) { to.hang(); }};
  auto options = settings(*network, database, "http://127.0.0.1:" + hanging.port());
  options.identity_concurrency = 8;
  options.identity_timeout = 60s;
  auto running = start(options);
  auto& context = running->context();
  const auto& firehose = context.metrics.firehose();
  CHECK(eventually([&] {
    return firehose.last_seq->Value() > 0 &&
           firehose.durable_seq->Value() == firehose.last_seq->Value() &&
           context.metrics.batches().frames->Collect().histogram.sample_sum >= 4121;
  }));
  CHECK(eventually([&] { return hanging.open() == 8; })); // and not one more
  CHECK(hanging.connections() == 8);
  CHECK_FALSE(context.status.wait(0ms)); // it has not caught up
  const auto begin = std::chrono::steady_clock::now();
  CHECK(running->stop());
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
  auto on = test::connect_to(database);
  CHECK(one(on, "SELECT count(*) FROM posts") != "0");
  CHECK(one(on, "SELECT count(*) FROM identity_tasks WHERE kind = 0") == "60");
  CHECK(one(on, "SELECT count(*) FROM identity_tasks WHERE claimed") != "0");
  // The next start begins with what this one had claimed.
  run_to_the_end(settings(*network, database, http_url(*network)));
  CHECK(one(on, "SELECT count(*) FROM identity_tasks") == "0");
  CHECK(one(on, "SELECT count(handle) FROM users") == "51");
}

TEST_CASE("tasks that a job of a dead identity claims late are looked up all the same") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  auto options = settings(*network, database, http_url(*network));
  options.until_caught_up = 0s;
  auto running = start(options);
  auto on = test::connect_to(database);
  const std::string tasks = "SELECT count(*) FROM identity_tasks";
  REQUIRE(eventually([&] {
    return running->context().metrics.firehose().durable_seq->Value() == 4121 &&
           one(on, tasks) == "0";
  }));
  // As the job would leave it, behind the claims of the one that lives.
  must(on.exec_script("INSERT INTO identity_tasks (user_id, kind, event_time, forced, claimed, "
                      "due_at) SELECT id, 0, now(), true, true, now() + interval '5 minutes' FROM "
                      "users WHERE handle IS NOT NULL LIMIT 3"));
  CHECK(eventually([&] { return one(on, tasks) == "0"; }));
  CHECK(running->stop());
}

TEST_CASE("identity may be killed at any moment and loses no task") {
  const auto database = test::pg_fixture::fresh_database();
  const auto network = recorded_network();
  auto options = settings(*network, database, http_url(*network));
  options.identity_concurrency = 2;
  auto running = start(options);
  auto& context = running->context();
  std::optional<node_status::exit_request> exit_request;
  auto victim = context.actors.find(names::identity);
  for (int kills = 0; kills < 5 && !exit_request; ++kills) {
    REQUIRE(eventually([&, killed = std::exchange(victim, nullptr)] {
      victim = context.actors.find(names::identity);
      return victim != nullptr && (kills == 0 || victim != killed);
    }));
    exit_request = context.status.wait(40ms);
    caf::anon_send_exit(caf::actor_cast<caf::actor>(victim), caf::exit_reason::kill);
  }
  if (!exit_request)
    exit_request = context.status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(context.metrics.actor("identity").restarts->Value() >= 1);
  CHECK(running->stop());
  auto on = test::connect_to(database);
  CHECK(one(on, "SELECT count(handle) FROM users") == "51");
  CHECK(one(on, "SELECT coalesce(string_agg(t::text, ' '), '') FROM identity_tasks t").empty());
}
