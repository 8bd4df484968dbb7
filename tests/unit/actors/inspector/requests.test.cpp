#include "actors/inspector/inspection.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/io/all.hpp>
#pragma GCC diagnostic pop

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// Stands still at its first tick until it may go on.
struct stuck_state {
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "stuck";
  stuck_state(self_pointer self, const node_ptr& /*node*/, std::shared_ptr<std::latch> wake)
      : self_(self), wake_(std::move(wake)) {}
  interface::behavior_type make_behavior() {
    return {[this](const tick&) { wake_->wait(); }, [this](const stop_request&) { self_->quit(); },
            [](const get_status&) -> actor_status {
              return {"stuck", {{"mood", "well"}}};
            }};
  }
  self_pointer self_;
  std::shared_ptr<std::latch> wake_;
};

/// An inspection of the fixture's node, and those who may ask.
struct inspected {
  explicit inspected(actor_fixture& on) : bench(on), seen(on.node, true) {
    bench.node->access.open(bench.system);
    seen.context().connected.add("viewer", {.name = "vera", .address = "a", .may_act = false});
    seen.context().connected.add("operator", {.name = "otto", .address = "b", .may_act = true});
    seen.context().set_conninfo(bench.database);
    bench.node->status.schema_current = true;
    set_up_caf(config);
    add_operator_messages(config);
    config.load<caf::io::middleman>();
    client = std::make_unique<caf::actor_system>(config);
    const auto port = seen.port();
    REQUIRE(port != 0);
    auto found = client->middleman().remote_actor<inspector_actor>("127.0.0.1", port);
    if (!found)
      FAIL(client->render(found.error()));
    remote = std::move(*found);
  }
  ~inspected() { bench.node->access.close(); }
  inspected(const inspected&) = delete;
  inspected& operator=(const inspected&) = delete;

  operator_reply ask(operator_request request) {
    operator_reply out;
    caf::scoped_actor self(*client);
    self->request(remote, patience, std::move(request))
        .receive([&](operator_reply& reply) { out = std::move(reply); },
                 [&](const caf::error& problem) { FAIL(client->render(problem)); });
    return out;
  }
  operator_reply ask(const std::string& token, const std::string& command,
                     const std::string& arguments = {}) {
    return ask({.version = 1, .token = token, .command = command, .arguments = arguments});
  }
  boost::json::object data(const std::string& token, const std::string& command,
                           const std::string& arguments = {}) {
    const auto reply = ask(token, command, arguments);
    INFO(command << " " << reply.body);
    REQUIRE(reply.result == 0);
    auto answer = boost::json::parse(reply.body).as_object();
    CHECK(answer.at("schema").as_int64() == 1);
    CHECK(answer.at("view").as_string() == command);
    return std::move(answer.at("data").as_object());
  }

  actor_fixture& bench;
  inspection seen;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> client;
  inspector_actor remote;
};

[[nodiscard]] std::uint8_t number(operator_result result) {
  return static_cast<std::uint8_t>(result);
}

} // namespace

TEST_CASE("who has no token, another version or too much to say is refused with a sentence") {
  actor_fixture bench;
  inspected node(bench);
  CHECK(node.ask("", "status").result == number(operator_result::refused));
  CHECK(node.ask("guessed", "status").result == number(operator_result::refused));
  const auto old =
      node.ask({.version = 0, .token = "viewer", .command = "status", .arguments = {}});
  CHECK(old.result == number(operator_result::version));
  CHECK_THAT(old.body, Catch::Contains("versions 1 to 1"));
  CHECK(node.ask("viewer", "no-such-view").result == number(operator_result::bad_request));
  CHECK(node.ask("viewer", "status", std::string(max_operator_arguments + 1, ' ')).result ==
        number(operator_result::bad_request));
  CHECK(node.ask("viewer", "status", "[1]").result == number(operator_result::bad_request));
  CHECK(node.ask("viewer", "status", std::string(2'000, '[')).result ==
        number(operator_result::bad_request));
  CHECK(node.ask("viewer", "status").result == 0);
  node.seen.context().connected.remove("viewer");
  CHECK(node.ask("viewer", "status").result == number(operator_result::refused));
}

TEST_CASE("a viewer changes nothing, and an operator must say why; both can be looked up") {
  actor_fixture bench;
  inspected node(bench);
  const auto pause = R"({"part":"firehose","seconds":60,"why":"a test"})";
  CHECK(node.ask("viewer", "pause", pause).result == number(operator_result::refused));
  CHECK(node.ask("operator", "pause", R"({"part":"firehose"})").result ==
        number(operator_result::bad_request));
  CHECK_FALSE(bench.node->paused.any());
  CHECK(node.ask("operator", "pause", R"({"part":"pool","why":"a test"})").result ==
        number(operator_result::bad_request));
  static_cast<void>(node.data("operator", "pause", pause));
  CHECK(bench.node->paused.paused("firehose", steady_clock::now()));
  CHECK(node.data("viewer", "status").at("paused").as_array().size() == 1);
  static_cast<void>(node.data("operator", "resume", R"({"part":"firehose","why":"done"})"));
  CHECK_FALSE(bench.node->paused.any());

  const auto actions = node.data("viewer", "actions").at("actions").as_array();
  REQUIRE(actions.size() == 3);
  CHECK(actions[0].at("action").as_string() == "resume");
  CHECK(actions[1].at("who").as_string() == "otto");
  CHECK(actions[1].at("why").as_string() == "a test");
  CHECK(actions[2].at("result").as_string() != "done"); // the pool cannot be paused
}

TEST_CASE("a stuck actor is named at once, and its last status comes with its age") {
  actor_fixture bench;
  inspected node(bench);
  const auto wake = std::make_shared<std::latch>(1);
  const auto actor = bench.put<stuck_state>("stuck", wake);
  struct waker { // also when a check fails
    std::shared_ptr<std::latch> which;
    ~waker() { which->count_down(); }
  } const at_the_end{wake};
  REQUIRE(eventually([&] {
    return node.data("viewer", "inspect", R"({"actor":"stuck"})").at("answered").as_bool();
  }));
  caf::anon_send(actor, tick{});
  caf::anon_send(actor, tick{});
  const auto mailbox = [&] {
    const auto all = node.data("viewer", "actors");
    for (const auto& each : all.at("actors").as_array())
      if (each.at("actor").as_string() == "stuck")
        return each.as_object();
    return boost::json::object{};
  };
  REQUIRE(eventually([&] { return mailbox().at("handling").is_object(); }));
  CHECK(mailbox().at("handling").at("message").as_string() == "tick");
  CHECK(mailbox().at("mailbox").at("depth").to_number<int>() >= 1);

  const auto asked = steady_clock::now();
  auto late = node.data("viewer", "inspect", R"({"actor":"stuck"})");
  CHECK_FALSE(late.at("answered").as_bool());
  CHECK(late.at("snapshot").at("mood").as_string() == "well");
  CHECK(late.at("age_seconds").to_number<double>() > 0);
  // Others who ask do not wait for it again.
  for (int i = 0; i < 20; ++i)
    static_cast<void>(node.data("viewer", "inspect", R"({"actor":"stuck"})"));
  CHECK(steady_clock::now() - asked < 21 * snapshots::patience);
  CHECK(node.ask("viewer", "inspect", R"({"actor":"nobody"})").result ==
        number(operator_result::failed));
}

TEST_CASE(
    "what the database knows is asked on a connection of its own, and missed with a sentence") {
  actor_fixture bench;
  inspected node(bench);
  bench.node->crashes.add({.at = std::chrono::system_clock::now(),
                           .actor = "shard-1",
                           .reason = "a \xff test",
                           .last_message = "frame_batch",
                           .restarts = 3,
                           .waiting = 4,
                           .handled = 5,
                           .uptime_seconds = 6});
  const auto crashes = node.data("viewer", "crashes").at("crashes").as_array();
  REQUIRE(crashes.size() == 1);
  CHECK(crashes[0].at("actor").as_string() == "shard-1");
  CHECK(crashes[0].at("waiting").to_number<int>() == 4);
  for (const auto* view : {"cursor", "pending", "users", "sessions", "dead-letters"})
    static_cast<void>(node.data("viewer", view));
  CHECK(node.ask("viewer", "dead-letter", R"({"id":7})").result == number(operator_result::failed));
  CHECK(node.ask("operator", "dead-letter-discard", R"({"id":7,"why":"x"})").result ==
        number(operator_result::failed));
  // Not a wrong usage: prismctl ends with 1.
  CHECK(node.ask("operator", "dead-letter-retry", R"({"id":7,"why":"x"})").result ==
        number(operator_result::failed));
  CHECK(node.ask("operator", "identity-refresh", R"({"did":"did:plc:nobody","why":"x"})").result ==
        number(operator_result::failed));
}

TEST_CASE("who holds a lock that a session of the node waits for is named") {
  actor_fixture bench;
  inspected node(bench);
  const auto connect = [&](const char* application) {
    auto opened =
        db::connection::open({.conninfo = bench.database, .application_name = application});
    REQUIRE(opened);
    return std::move(*opened);
  };
  auto holder = connect("the_holder");
  REQUIRE(holder.exec_script("BEGIN; LOCK TABLE likes"));
  auto ours = connect("prismd 01234567-89ab-cdef-0123-456789abcdef");
  std::thread waiting([&] { static_cast<void>(ours.exec_script("BEGIN; LOCK TABLE likes")); });
  struct joined { // also when a check fails
    db::connection& holder;
    std::thread& waiting;
    ~joined() {
      static_cast<void>(holder.exec_script("ROLLBACK"));
      waiting.join();
    }
  } const at_the_end{holder, waiting};
  boost::json::object seen;
  REQUIRE(eventually([&] {
    seen = node.data("viewer", "database");
    return !seen.at("holders_of_locks").as_array().empty();
  }));
  const auto& found = seen.at("holders_of_locks").as_array().at(0).as_object();
  CHECK(found.at("application").as_string() == "the_holder");
  CHECK(found.at("state").as_string() == "idle in transaction");
  CHECK(found.at("statement").as_string() == "BEGIN;"); // no more than the first word
  bool named = false;
  for (const auto& each : seen.at("sessions").as_array())
    named = named || (each.at("waits_for").as_string() == "Lock relation" &&
                      each.at("blocked_by").as_string() ==
                          std::to_string(found.at("pid").to_number<int>()) &&
                      each.at("statement").as_string() == "BEGIN; LOCK TABLE likes");
  CHECK(named);
}

TEST_CASE("no message of a client ends the inspector") {
  actor_fixture bench;
  inspected node(bench);
  {
    caf::scoped_actor self(*node.client);
    self->send_exit(node.remote, caf::exit_reason::kill);
    self->send(caf::actor_cast<caf::actor>(node.remote), caf::make_error(caf::sec::runtime_error));
    self->send(caf::actor_cast<caf::actor>(node.remote), std::string{"hello"}, 7);
  }
  CHECK(node.ask("viewer", "status").result == 0);
}

TEST_CASE("reads: the queue, the methods by calls, and the slowest calls with their arguments") {
  actor_fixture bench;
  inspected node(bench);
  CHECK(node.data("viewer", "reads").contains("said")); // there is no data plane

  auto& reads = bench.node->reads;
  reads.watch([] {
    return reads_now{
        .address = "127.0.0.1:1", .readers = 7, .active = 2, .waiting = 3, .connections = 1};
  });
  const auto now = steady_clock::now();
  for (int i = 0; i < 10; ++i)
    reads.count({"GetActors", "ok", 1ms}, now, [] { return "dids=did:plc:a"; });
  reads.count({"GetTimeline", "internal", 9s}, now, [] { return "actor_did=did:plc:b"; });
  reads.count({"GetTimeline", "unavailable", 1us, false}, now, [] { return "never asked for"; });
  const auto shown = node.data("viewer", "reads");
  CHECK(shown.at("data_plane").at("readers").as_int64() == 7);
  CHECK(shown.at("data_plane").at("calls_waiting").as_int64() == 3);
  CHECK(shown.at("calls").as_int64() == 12);
  const auto& methods = shown.at("methods").as_array();
  REQUIRE(methods.size() == 2);
  CHECK(methods[0].at("method").as_string() == "GetActors");
  CHECK(methods[0].at("p99_seconds").as_double() < 0.0013);
  CHECK(methods[1].at("calls").as_int64() == 2);
  CHECK(methods[1].at("not_ok").as_string() == "internal 1, unavailable 1");
  const auto& slowest = shown.at("slowest").as_array();
  REQUIRE(slowest.size() == 11);
  CHECK(slowest[0].at("took_seconds").as_double() == 9);
  CHECK(slowest[0].at("arguments").as_string() == "actor_did=did:plc:b");
  CHECK(shown.at("slowest_of_each").as_array().size() == 2);
  CHECK(node.data("viewer", "status").at("data_plane").at("readers_at_work").as_int64() == 2);
  reads.watch({});
  CHECK_FALSE(node.data("viewer", "status").contains("data_plane"));
  CHECK(node.data("viewer", "reads").contains("said"));
}
