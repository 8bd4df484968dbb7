// The port, with readers that do what the test says.
#include "actors/dataplane/dataplane_port.hpp"
#include "actors/inspector/views.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/net/grpc/socket_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <limits>

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

  stuck_reader_state(self_pointer self, const node_ptr& /*node*/) : self_(self) {}

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

[[nodiscard]] config::options options_of(std::uint64_t readers, std::uint64_t waiting,
                                         std::chrono::milliseconds timeout) {
  config::options out;
  out.dataplane_listen = "127.0.0.1:0";
  out.dataplane_timeout = timeout;
  out.dataplane_readers = readers;
  out.dataplane_max_waiting = waiting;
  return out;
}

struct world {
  explicit world(std::uint64_t readers, std::uint64_t waiting = 512,
                 std::chrono::milliseconds timeout = 400ms)
      : bench(options_of(readers, waiting, timeout)),
        port(std::make_shared<dataplane_port>(bench.node)) {
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
  in_order.reserve(out.size());
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

TEST_CASE("the requests of all calls have bounded memory, whether they wait or not") {
  constexpr std::size_t bytes = 2'000'000;
  constexpr std::size_t room = dataplane_port::max_request_bytes / bytes;
  world w(1, 512, patience);
  const auto reader = w.port->join(w.bench.put<stuck_reader_state>("reader-0"), 0);
  net::test::socket_client client(w.port->port());
  std::vector<std::int32_t> streams;
  for (std::size_t i = 0; i < room + 2; ++i) {
    streams.push_back(client.begin(
        net::test::request::of("/bsky.Service/GetLatestRev", std::string(bytes, 'x'))));
    // One after the other: a connection has little room for requests that are not complete.
    const auto arrived = [&] {
      const auto now = w.bench.node->reads.now().value();
      return now.active + now.waiting;
    };
    while (arrived() < std::min(i + 1, room))
      client.ask(net::test::request::of("/bsky.Service/Ping"));
  }
  const auto is_closed = [&](std::size_t at) { return client.http2.responses[streams[at]].closed; };
  client.run_until([&] { return is_closed(room) && is_closed(room + 1); });
  CHECK(client.http2.responses[streams[room]].text() ==
        "the requests of all calls have too many bytes");
  w.port->leave(reader);
  client.run_until([&] {
    return std::ranges::all_of(streams,
                               [&](auto each) { return client.http2.responses[each].closed; });
  });
  for (const auto each : streams)
    CHECK(client.http2.responses[each].status() == "14");
  CHECK(w.bench.node->metrics.dataplane().refusals.of("overloaded").Value() == 2);
}

TEST_CASE("more calls than may wait are refused at once") {
  world w(1, 3, patience);
  const auto reader = w.port->join(w.bench.put<stuck_reader_state>("reader-0"), 0);
  net::test::socket_client client(w.port->port());
  std::vector<std::int32_t> streams;
  for (std::size_t i = 0; i < 6; ++i)
    streams.push_back(client.begin(net::test::request::of("/bsky.Service/GetLatestRev")));
  const auto answer = [&](std::size_t at) -> auto& {
    return client.http2.responses[streams[at]];
  };
  client.run_until([&] { return answer(4).closed && answer(5).closed; });
  for (const auto at : {0U, 1U, 2U, 3U})
    CHECK_FALSE(answer(at).closed); // one is at the reader, three wait
  for (const auto at : {4U, 5U}) {
    CHECK(answer(at).status() == "14");
    CHECK(answer(at).text() == "too many calls wait for a reader");
  }
  CHECK(w.bench.node->metrics.dataplane().refusals.of("overloaded").Value() == 2);
  w.port->leave(reader);
}

TEST_CASE("a call that its session did not answer counts with its time, one that waited does not") {
  world w(1);
  static_cast<void>(w.port->join(w.bench.put<stuck_reader_state>("reader-0"), 0));
  CHECK(ask(w.port->port(), 3).size() == 3);
  const auto calls = w.bench.node->reads.calls(steady_clock::now()).methods.at("GetLatestRev");
  CHECK(calls.by_status.at("unavailable") == 3);
  CHECK(calls.times.count() == 1);
  REQUIRE(calls.slowest);
  CHECK(calls.slowest->took >= 400ms);
}

TEST_CASE("of calls that a client gives up or a lost reader had, those that ran have a time") {
  world w(1, 512, patience);
  const auto reader = w.port->join(w.bench.put<stuck_reader_state>("reader-0"), 0);
  net::test::socket_client client(w.port->port());
  const auto begin = [&] {
    return client.begin(net::test::request::of("/bsky.Service/GetLatestRev"));
  };
  const auto waiting = [&] { return w.bench.node->reads.now().value().waiting; };
  const auto calls = [&] {
    return w.bench.node->reads.calls(steady_clock::now()).methods.at("GetLatestRev");
  };
  begin(); // at the reader
  const auto given_up = begin();
  begin();
  REQUIRE(eventually([&] { return waiting() == 2; }));
  client.http2.reset(given_up);
  client.ask(net::test::request::of("/bsky.Service/Ping"));
  REQUIRE(waiting() == 1);
  CHECK(calls().by_status.at("cancelled") == 1);
  CHECK(calls().times.count() == 0);
  w.port->leave(reader);
  REQUIRE(eventually([&] { return waiting() == 0; }));
  CHECK(calls().by_status.at("unavailable") == 2);
  CHECK(calls().times.count() == 1);
}

TEST_CASE("a staleness that is not known is null in the answer to prismctl") {
  world w(1);
  w.port->show_staleness(std::numeric_limits<double>::quiet_NaN());
  const auto shown = [&] {
    const auto text = boost::json::serialize(views::reads(*w.bench.node).data);
    return boost::json::parse(text).at("data_plane").at("staleness_seconds");
  };
  CHECK(shown().is_null());
  w.port->show_staleness(2.5);
  CHECK(shown() == 2.5);
}

TEST_CASE("a method that there is not is unimplemented") {
  world w(1);
  net::test::socket_client client(w.port->port());
  for (const auto* path : {"/bsky.Service/GetNothing", "/other.Service/Ping", "/"}) {
    INFO(path);
    CHECK(client.ask(net::test::request::of(path)).status() == "12");
  }
  const auto longest = "/bsky.Service/Ping" + std::string(8'000, '/');
  CHECK(client.ask(net::test::request::of(longest)).status() == "12");
  CHECK(client.ask(net::test::request::of("/bsky.Service/Ping")).status() == "0");
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
