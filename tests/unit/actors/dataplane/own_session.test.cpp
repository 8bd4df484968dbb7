// The port's own session, beside a reader, on a database whose answers the test holds back.
#include "actors/dataplane/dataplane_port.hpp"
#include "actors/dataplane/reader.hpp"
#include "dataplane/proto/bsky.hpp"
#include "tests/support/must.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/net/grpc/socket_client.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] config::options one_reader(std::chrono::milliseconds timeout) {
  config::options out;
  out.dataplane_listen = "127.0.0.1:0";
  out.dataplane_timeout = timeout;
  out.dataplane_readers = 1;
  return out;
}

/// A port with a session of its own, and one reader.
struct served_database {
  explicit served_database(std::chrono::milliseconds timeout = patience)
      : bench(one_reader(timeout)), port(std::make_shared<dataplane_port>(bench.node)) {
    REQUIRE(port->start());
    reader = bench.put_detached<reader_state>("reader-0", port, std::size_t{0});
    REQUIRE(eventually([&] { return now().readers == 1 && port->has_session(); }));
    client.emplace(port->port());
  }
  ~served_database() { port->stop(); }
  served_database(const served_database&) = delete;
  served_database& operator=(const served_database&) = delete;

  [[nodiscard]] reads_now now() const { return bench.node->reads.now().value(); }
  /// Calls that the reader has answered.
  [[nodiscard]] std::string answered() { return bench.field(reader, "answered"); }

  std::int32_t begin(std::string method = "GetLatestRev") {
    return client->begin(net::test::request::of("/bsky.Service/" + std::move(method)));
  }
  [[nodiscard]] net::test::response end(std::int32_t stream) {
    auto& out = client->http2.responses[stream];
    client->run_until([&] { return out.closed; });
    return out;
  }

  actor_fixture bench;
  dataplane_port_ptr port;
  reader_actor reader;
  std::optional<net::test::socket_client> client;
};

/// Answers nothing until a tick, and then all with a failure.
class silent_identity_state {
public:
  using interface = identity_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "identity";

  silent_identity_state(self_pointer self, const node_ptr& /*node*/) : self_(self) {}

  interface::behavior_type make_behavior() {
    return {[](const identity_tasks_added&) {},
            [](const identity_lookup_done&) {},
            [this](const resolve_identity&) {
              waiting_.push_back(self_->make_response_promise<identity_resolved>());
              return waiting_.back();
            },
            [](const document_looked_up&) {},
            [this](const tick&) {
              for (auto& each : std::exchange(waiting_, {}))
                each.deliver(identity_resolved{nullptr, "the test says so"});
            },
            [this](const stop_request&) { self_->quit(); },
            [](const get_status&) -> actor_status {
              return {name, {}};
            }};
  }

private:
  self_pointer self_;
  std::vector<caf::typed_response_promise<identity_resolved>> waiting_;
};

/// Whether so many sessions wait for the table.
[[nodiscard]] bool blocks(users_table_lock& lock, std::size_t sessions) {
  return eventually([&] { return lock.blocked_backends().size() == sessions; });
}

/// Ends a session from outside, as an administrator would.
void end_session(const actor_fixture& bench, std::int32_t backend) {
  must(bench.connect().exec(fmt::format("SELECT pg_terminate_backend({})", backend)));
}

/// The backend of the port's own session, while no call is at work.
[[nodiscard]] std::int32_t backend_of_port(served_database& w) {
  users_table_lock lock(w.bench);
  const auto call = w.begin();
  REQUIRE(blocks(lock, 1));
  const auto out = lock.blocked_backends().front();
  lock.release();
  CHECK(w.end(call).status() == "0");
  return out;
}

} // namespace

TEST_CASE("the port answers a call itself, and does its other work meanwhile") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto first = w.begin();
  REQUIRE(blocks(lock, 1));
  CHECK(w.now().active == 1);
  CHECK(w.end(w.begin("Ping")).status() == "0");
  const auto second = w.begin(); // the reader's
  REQUIRE(blocks(lock, 2));
  CHECK(w.now().active == 2);
  const auto third = w.begin();
  REQUIRE(eventually([&] { return w.now().waiting == 1; }));
  lock.release();
  for (const auto each : {first, second, third})
    CHECK(w.end(each).status() == "0");
  // Nobody overtakes a call that waits, so the third was the reader's as well.
  CHECK(w.answered() == "2");
  CHECK(w.end(w.begin()).status() == "0");
  CHECK(w.answered() == "2");
  CHECK(eventually([&] { return w.now().active == 0; }));
}

TEST_CASE("a call with a large request is a reader's") {
  served_database w;
  const auto ask = [&](std::size_t bytes) {
    bsky::GetLatestRevRequest request;
    request.set_actor_did(std::string(bytes, 'd'));
    const auto path = "/bsky.Service/GetLatestRev";
    CHECK(w.end(w.client->begin(net::test::request::of(path, request.SerializeAsString())))
              .status() == "0");
  };
  ask(dataplane_port::max_own_request - 100);
  CHECK(w.answered() == "0");
  ask(dataplane_port::max_own_request + 1);
  CHECK(w.answered() == "1");
}

TEST_CASE("a call of the port's own session that the client gives up is cancelled") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto given_up = w.begin();
  REQUIRE(blocks(lock, 1));
  w.client->http2.reset(given_up);
  CHECK(w.end(w.begin("Ping")).status() == "0");
  CHECK(blocks(lock, 0));
  CHECK(eventually([&] { return w.now().active == 0; }));
  CHECK(w.port->has_session()); // it goes on
  lock.release();
  CHECK(w.end(w.begin()).status() == "0");
  CHECK(w.port->has_session());
}

TEST_CASE("if the port's own session is lost, a reader answers, and the port gets another one") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto call = w.begin();
  REQUIRE(blocks(lock, 1));
  const auto pid = lock.blocked_backends().front();
  end_session(w.bench, pid);
  REQUIRE(eventually([&] {
    const auto now = lock.blocked_backends();
    return now.size() == 1 && now.front() != pid;
  }));
  lock.release();
  CHECK(w.end(call).status() == "0");
  CHECK(w.answered() == "1");
  REQUIRE(eventually([&] { return w.port->has_session(); }));
  CHECK(w.end(w.begin()).status() == "0");
  CHECK(w.answered() == "1");
}

TEST_CASE("with the first reader the port's own session ends, and begins again") {
  // Both go when the node turns to another server.
  served_database w;
  users_table_lock lock(w.bench);
  const auto call = w.begin();
  REQUIRE(blocks(lock, 1));
  const auto pid = lock.blocked_backends().front();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(w.reader), caf::exit_reason::kill);
  REQUIRE(eventually([&] { return w.now().readers == 0; }));
  w.reader = w.bench.put_detached<reader_state>("reader-0", w.port, std::size_t{0});
  REQUIRE(eventually([&] { return w.now().readers == 1; }));
  lock.release();
  CHECK(w.end(call).status() == "0"); // it may still end
  REQUIRE(eventually([&] { return w.port->has_session() && w.now().active == 0; }));
  CHECK(backend_of_port(w) != pid);
  CHECK(w.answered() == "0");
  caf::anon_send_exit(caf::actor_cast<caf::actor>(w.reader), caf::exit_reason::kill);
  CHECK(eventually([&] { return !w.port->has_session(); })); // an idle one ends at once
}

TEST_CASE("a method that throws ends the port's own session, not the port") {
  actor_fixture bench;
  reads::server_ids ids;
  auto started = net::grpc_server::start(
      {}, {.on_call = [](const net::grpc_call&) {}, .on_cancel = [](std::uint64_t) {}});
  REQUIRE(started);
  own_session own;
  own.take(must(reader_session::open(*bench.node, ids, patience)), **started);
  REQUIRE(own.is_idle());
  constexpr dataplane::method throws{
      .name = "Throws",
      .run = [](dataplane::call&, std::string_view) -> dataplane::answer<std::string> {
        throw std::logic_error("a column that is not there");
      }};
  auto call = std::make_shared<dataplane::pending_call>();
  call->what = &throws;
  call->deadline = time_point::max();
  own.reserve(call, time_point::max());
  CHECK(own.is_at_work());
  const auto done = own.run();
  REQUIRE_FALSE(done.answer);
  CHECK(done.answer.error().status == net::grpc_status::internal);
  CHECK(done.answer.error().text == "a column that is not there");
  CHECK_FALSE(own.is_there());
  CHECK_FALSE(own.is_at_work());
}

TEST_CASE("a method that throws ends a reader's session, not the reader") {
  actor_fixture bench;
  reads::server_ids ids;
  auto session = must(reader_session::open(*bench.node, ids, patience));
  constexpr dataplane::method throws{
      .name = "Throws",
      .run = [](dataplane::call& with, std::string_view) -> dataplane::answer<std::string> {
        must(with.on.exec_script("BEGIN"));
        throw std::logic_error("a column that is not there");
      }};
  dataplane::pending_call call;
  call.what = &throws;
  call.deadline = time_point::max();
  const auto done = session->run(call);
  REQUIRE_FALSE(done.answer);
  CHECK(done.answer.error().status == net::grpc_status::internal);
  CHECK_FALSE(session->is_open());
  REQUIRE(session->reopen(call));
  constexpr dataplane::method reads{
      .name = "Reads",
      .run = [](dataplane::call& with, std::string_view) -> dataplane::answer<std::string> {
        return std::string(
            must(with.on.exec("SELECT current_setting('enable_sort')")).get_text(0, 0));
      }};
  call.what = &reads;
  CHECK(session->run(call).answer == std::string("off"));
}

TEST_CASE("a call of a reader that the client gives up is cancelled") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto first = w.begin(); // of the port's own session
  REQUIRE(blocks(lock, 1));
  const auto given_up = w.begin();
  REQUIRE(blocks(lock, 2));
  w.client->http2.reset(given_up);
  CHECK(w.end(w.begin("Ping")).status() == "0");
  CHECK(blocks(lock, 1));
  CHECK(eventually([&] { return w.now().active == 1; }));
  lock.release();
  CHECK(w.end(first).status() == "0");
}

TEST_CASE("a node that stops answers the calls that are open, and takes no more") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto call = w.begin();
  REQUIRE(blocks(lock, 1));
  auto drained = std::async(std::launch::async, [&] { w.port->drain(patience); });
  w.client->run_until([&] { return !w.client->http2.goaways.empty(); });
  lock.release();
  CHECK(w.end(call).status() == "0");
  CHECK(drained.wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a call that needs an identity goes from the port's own session to a reader") {
  served_database w;
  bsky::GetIdentityByDidRequest request;
  request.set_did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
  const auto done = w.client->ask(
      net::test::request::of("/bsky.Service/GetIdentityByDid", request.SerializeAsString()));
  CHECK(done.status() == "14");
  CHECK(done.text() == "identity is not running");
  CHECK(w.answered() == "1");
}

TEST_CASE("of the calls that wait for identities a reader keeps 256, and refuses the others") {
  served_database w;
  const auto identity = w.bench.put<silent_identity_state>("identity");
  bsky::GetIdentityByDidRequest request;
  request.set_did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
  const auto asked =
      net::test::request::of("/bsky.Service/GetIdentityByDid", request.SerializeAsString());
  std::vector<std::int32_t> streams;
  for (std::size_t i = 0; i < 258; ++i)
    streams.push_back(w.client->begin(asked));
  const auto ended = [&] {
    std::vector<std::string> out;
    for (const auto each : streams)
      if (const auto& answer = w.client->http2.responses[each]; answer.closed)
        out.push_back(answer.text());
    return out;
  };
  w.client->run_until([&] { return ended().size() >= 2; });
  CHECK(ended() == std::vector<std::string>(2, "too many calls wait for identities"));
  CHECK(w.end(w.begin()).status() == "0"); // those that wait hold up no other call
  caf::anon_send(identity, tick{});
  w.client->run_until([&] { return ended().size() == streams.size(); });
  CHECK(std::ranges::count(ended(), "the identity is not known: the test says so") == 256);
}

TEST_CASE("if the reader has lost its session and opens another one, so does the port") {
  served_database w;
  users_table_lock lock(w.bench);
  const auto first = w.begin();
  REQUIRE(blocks(lock, 1));
  const auto of_port = lock.blocked_backends().front();
  const auto second = w.begin();
  REQUIRE(blocks(lock, 2));
  const auto both = lock.blocked_backends();
  const auto of_reader = both.front() == of_port ? both.back() : both.front();
  end_session(w.bench, of_reader);
  REQUIRE(eventually([&] {
    const auto now = lock.blocked_backends();
    return now.size() == 2 && std::ranges::count(now, of_reader) == 0;
  }));
  lock.release();
  CHECK(w.end(first).status() == "0");
  CHECK(w.end(second).status() == "0");
  CHECK(w.answered() == "1");
  CHECK(backend_of_port(w) != of_port);
}

TEST_CASE("a database that says nothing does not hold the port") {
  served_database w(3s);
  users_table_lock lock(w.bench);
  const auto call = w.begin();
  REQUIRE(blocks(lock, 1));
  const auto pid = lock.blocked_backends().front();
  REQUIRE(::kill(pid, SIGSTOP) == 0); // it will not even take notice of a cancel request
  const auto done = w.end(call);
  CHECK(done.status() == "14");
  CHECK(done.text() == "its reader has not answered in time");
  CHECK(w.end(w.begin("Ping")).status() == "0");
  lock.release();
  // Its session is given up, and replaced.
  CHECK(eventually([&] { return w.now().active == 0 && w.port->has_session(); }));
  CHECK(w.end(w.begin()).status() == "0");
  REQUIRE(::kill(pid, SIGCONT) == 0);
  CHECK(w.answered() == "0");
}

TEST_CASE("the port ends while its own session is at work") {
  served_database w;
  users_table_lock lock(w.bench);
  w.begin();
  REQUIRE(blocks(lock, 1));
  w.port->stop();
  CHECK(blocks(lock, 0));
}
