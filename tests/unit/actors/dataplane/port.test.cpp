// The port, with readers that do what the test says.
#include "actors/dataplane/dataplane_port.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/net/grpc/socket_client.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// A reader that takes calls and never answers, as with a database that is stuck.
class stuck_reader_state {
public:
  using interface = reader_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "reader";

  stuck_reader_state(self_pointer self, node_ptr /*node*/) : self_(self) {}

  interface::behavior_type make_behavior() {
    return {[](const read_call&) {}, [](const lend_session&) {}, [](const tick&) {},
            [this](const stop_request&) { self_->quit(); },
            [](const get_status&) -> actor_status {
              return {name, {}};
            }};
  }

private:
  self_pointer self_;
};

[[nodiscard]] config::options options_of(std::uint64_t readers) {
  config::options out;
  out.dataplane_listen = "127.0.0.1:0";
  out.dataplane_timeout = 400ms;
  out.dataplane_readers = readers;
  return out;
}

struct world {
  explicit world(std::uint64_t readers)
      : bench(options_of(readers)), port(std::make_shared<dataplane_port>(bench.node)) {
    const auto started = port->start();
    INFO((started ? "" : started.error().message));
    REQUIRE(started);
  }
  ~world() { port->stop(); }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  actor_fixture bench;
  dataplane_port_ptr port;
};

struct ended {
  net::test::response response;
  steady_clock::duration after{};
};

/// Sends calls of the method at once over one connection, and nothing more until all are answered.
[[nodiscard]] std::vector<ended> ask(std::uint16_t port, std::size_t calls) {
  net::test::socket_client client(port);
  const auto began = steady_clock::now();
  std::map<std::int32_t, ended> out;
  for (std::size_t i = 0; i < calls; ++i)
    out[client.begin(net::test::request::of("/bsky.Service/GetLatestRev"))];
  client.run_until([&] {
    bool all = true;
    for (auto& [stream, each] : out) {
      const auto& now = client.http2.responses[stream];
      if (now.closed && !each.response.closed)
        each = {now, steady_clock::now() - began};
      all = all && now.closed;
    }
    return all;
  });
  std::vector<ended> in_order;
  for (auto& [stream, each] : out)
    in_order.push_back(std::move(each));
  return in_order;
}

} // namespace

TEST_CASE("while no reader answers, calls end as unavailable in their time") {
  world w(1);
  static_cast<void>(w.port->join(w.bench.put<stuck_reader_state>("reader-0"), 0));
  auto asked = std::async(std::launch::async, [&] { return ask(w.port->port(), 3); });
  const bool in_time = asked.wait_for(patience) == std::future_status::ready;
  if (!in_time)
    w.port->stop(); // ends the connection
  CHECK(in_time);
  const auto ends = asked.get();
  REQUIRE(ends.size() == 3);
  for (const auto& each : ends)
    CHECK(each.response.status() == "14");
  CHECK(ends[0].response.text() == "its reader has not answered in time");
  CHECK(ends[0].after >= 400ms);
  for (const auto at : {1U, 2U}) {
    CHECK(ends[at].response.text() == "the call waited too long for a reader");
    CHECK(ends[at].after >= 200ms);
  }
  const auto& refusals = w.bench.node->metrics.dataplane().refusals;
  CHECK(refusals.of("not_answered").Value() == 1);
  CHECK(refusals.of("waited_too_long").Value() == 2);
}

TEST_CASE("the loss of sessions is logged once, with how many are missing") {
  log_capture lines;
  world w(3);
  const auto reader = w.bench.put<stuck_reader_state>("reader-0");
  for (int tries = 0; tries < 5; ++tries)
    for (const std::size_t number : {0U, 1U, 2U})
      w.port->note_no_session(number, "gone");
  for (const std::size_t number : {0U, 1U, 2U})
    static_cast<void>(w.port->join(reader, number));
  CHECK(eventually([&] { return lines.count("all 3 readers have database sessions again") == 1; }));
  CHECK(lines.count("data plane: 1 of 3 readers have no database session: gone") == 1);
  CHECK(lines.count("data plane: 3 of 3 readers have no database session: gone") == 1);
  CHECK(lines.count("no database session") == 2);
}
