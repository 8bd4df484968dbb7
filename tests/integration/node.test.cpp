#include "tests/integration/running_node.hpp"

#include "tests/integration/indexing.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/receive_answer.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] const net::corpus& sample() {
  static const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  return corpus;
}

/// The rows of an undisturbed run, made once.
[[nodiscard]] const std::map<std::string, std::string>& expected_rows() {
  static const auto rows = [] {
    test::index_target target;
    target.apply(sample(), 500);
    return target.fingerprints();
  }();
  return rows;
}

/// The tables that differ from an undisturbed run: should be none.
[[nodiscard]] std::vector<std::string> wrong_tables(const std::string& database) {
  return differing(rows_of(database), expected_rows());
}

const std::vector<std::string> none;

} // namespace

TEST_CASE("a node follows the sample to its end, drains and writes the expected rows") {
  const auto database = test::pg_fixture::fresh_database();
  auto server = net::replay_server::start(sample(), {}).value();
  auto running = start_node(node_settings(server->url(), database));
  const auto exit_request = running->context().status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(running->stop());
  CHECK(wrong_tables(database) == none);
}

TEST_CASE(
    "whichever actor is killed while the sample streams, it is restarted and the rows are the "
    "same") {
  const auto database = test::pg_fixture::fresh_database();
  net::replay_options relay;
  relay.rate = 1500;
  auto server = net::replay_server::start(sample(), relay).value();
  auto options = node_settings(server->url(), database);
  options.batch_max_frames = 50;
  options.until_caught_up = 8s; // on a busy machine not all are dead when the sample has come
  auto running = start_node(options);
  auto& context = running->context();
  // Every actor of the tree in turn, and once more, while frames are on their way.
  std::vector<std::string> victims;
  for (const auto* name :
       {"firehose", "shard-0", "pool", "user_creation", "pending_ops", "shard-1", "identity",
        "shard-2", "pool_monitor", "shard-3", "janitor", "metrics", "pool", "firehose", "shard-0",
        "pending_ops", "user_creation", "identity"})
    victims.emplace_back(name);
  std::size_t kills = 0;
  std::map<std::string, caf::actor_id> killed; // on a busy machine one may not have died yet
  std::optional<node_status::exit_request> exit_request;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!exit_request && std::chrono::steady_clock::now() < deadline) {
    exit_request = context.status.wait(150ms);
    if (kills == victims.size())
      continue;
    auto& last = killed[victims[kills]];
    if (const auto victim = context.actors.find(victims[kills]); victim && victim->id() != last) {
      last = victim->id();
      caf::anon_send_exit(caf::actor_cast<caf::actor>(victim), caf::exit_reason::kill);
      ++kills;
    }
  }
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(kills == victims.size());
  CHECK(eventually([&] {
    double restarts = 0;
    for (const auto* group : {"firehose", "shard", "pool", "pool_monitor", "user_creation",
                              "pending_ops", "identity", "janitor", "metrics"})
      restarts += context.metrics.actor(group).restarts->Value();
    return restarts == static_cast<double>(kills);
  }));
  CHECK(running->stop());
  CHECK(wrong_tables(database) == none);
}

TEST_CASE("/metrics shows every actor from its start on: messages, restarts, mailbox, time") {
  const auto database = test::pg_fixture::fresh_database();
  auto server = net::replay_server::start(sample(), {}).value();
  auto running = start_node(node_settings(server->url(), database));
  auto& context = running->context();
  REQUIRE(context.status.wait(patience));
  { // Not all have handled a message yet. The system waits for this actor to end.
    caf::scoped_actor self(running->system());
    for (const auto& each : context.actors.names())
      test::receive_answer(
          self->request(caf::actor_cast<any_actor>(context.actors.find(each)), patience,
                        get_status{}),
          [](const actor_status&) {},
          [&](const caf::error& problem) { FAIL(describe(running->system(), problem)); });
  }
  const auto text = context.metrics.serialize();
  for (const std::string who :
       {"supervisor", "metrics", "pool", "db_session", "pool_monitor", "user_creation",
        "pending_ops", "identity", "shard", "firehose", "janitor"}) {
    INFO(who);
    const auto counted = context.metrics.actor(who);
    CHECK((who == "supervisor" || counted.messages->Value() > 0));
    CHECK((who == "supervisor" || counted.handling_seconds->Value() > 0));
    CHECK(counted.mailbox_depth->Value() >= 0);
    CHECK_THAT(text, Catch::Contains("prism_actor_restarts_total{actor=\"" + who + "\"} 0\n"));
    CHECK_THAT(text, Catch::Contains("prism_actor_mailbox_depth{actor=\"" + who + "\"} "));
    CHECK_THAT(text, Catch::Contains("prism_actor_messages_total{actor=\"" + who + "\"} "));
  }
  // Every frame came to a shard in a message of at least one.
  CHECK(context.metrics.actor("shard").messages->Value() > 4);
  CHECK(running->stop());
}

TEST_CASE("no shard ever holds more frames than it granted, however small the window") {
  const auto database = test::pg_fixture::fresh_database();
  auto server = net::replay_server::start(sample(), {}).value();
  auto options = node_settings(server->url(), database);
  options.batch_max_frames = 3;
  options.firehose_window_frames = 40;
  options.shards = 2;
  auto running = start_node(options);
  auto& context = running->context();
  const auto exit_request = context.status.wait(patience);
  REQUIRE(exit_request);
  for (std::size_t shard = 0; shard < options.shards; ++shard) {
    auto fields = status_of_shard(*running, shard);
    INFO("shard " << shard << " peak " << fields["peak"]);
    CHECK(std::stoul(fields["capacity"]) == 6);
    CHECK(std::stoul(fields["peak"]) <= 6);
    CHECK(std::stoul(fields["peak"]) > 0);
  }
  // A shard that got more than it granted would have failed.
  CHECK(context.metrics.actor("shard").restarts->Value() == 0);
  CHECK(running->stop());
  CHECK(wrong_tables(database) == none);
}

TEST_CASE("no fault of the relay restarts an actor, and the rows are complete") {
  const auto database = test::pg_fixture::fresh_database();
  net::replay_options relay;
  for (const auto* fault :
       {"close-at=300", "reset-at=800", "garbage-at=1000", "text-at=1100",
        "error-at=1500:ConsumerTooSlow", "truncated-at=2000", "half-open-at=2500"})
    relay.faults.push_back(net::parse_fault(fault).value());
  auto server = net::replay_server::start(sample(), relay).value();
  auto options = node_settings(server->url(), database);
  options.ping_interval = 200ms;
  options.idle_timeout = 600ms;
  options.until_caught_up = 3s;
  auto running = start_node(options);
  auto& context = running->context();
  const auto exit_request = context.status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  for (const auto* group : {"firehose", "shard"})
    CHECK(context.metrics.actor(group).restarts->Value() == 0);
  CHECK(server->faults_left().empty());
  CHECK(context.metrics.firehose().connects->Value() >= 4);
  CHECK(context.metrics.firehose().bad_frames.of("invalid").Value() >= 1);
  CHECK(running->stop());
  CHECK(wrong_tables(database) == none);
}

TEST_CASE(
    "a node that is fenced by a newer one ends with a code of its own and writes nothing wrong") {
  const auto database = test::pg_fixture::fresh_database();
  net::replay_options relay;
  relay.rate = 1000;
  auto server = net::replay_server::start(sample(), relay).value();
  auto options = node_settings(server->url(), database);
  options.until_caught_up = 2s;
  auto old = start_node(options);
  // The older one is at work before the newer one takes over.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (old->context().metrics.batches().batches.of("committed").Value() < 20 &&
         std::chrono::steady_clock::now() < deadline)
    REQUIRE_FALSE(old->context().status.wait(20ms));
  auto newer = start_node(options);
  const auto ended = old->context().status.wait(patience);
  REQUIRE(ended);
  CHECK(ended->code == exit_code::replaced);
  CHECK(old->stop());
  const auto exit_request = newer->context().status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(newer->stop());
  CHECK(wrong_tables(database) == none);
}

TEST_CASE("a node waits for a database that is down, and the wait can be interrupted") {
  std::size_t asked = 0;
  const auto started =
      node::start(node_settings("ws://127.0.0.1:1", "host=/nonexistent dbname=none"),
                  [&] { return ++asked > 3; });
  REQUIRE_FALSE(started);
  CHECK(started.error().code == errc::cancelled);
}
