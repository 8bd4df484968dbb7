// The server over real connections.
#include "socket_client.hpp"
#include "tests/unit/net/support/certificates.hpp"

#include <filesystem>
#include <fstream>
#include <future>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using namespace std::chrono_literals;

namespace {

struct world : answering {
  explicit world(grpc_server_options options = {}) {
    if (const auto started = start(std::move(options)); !started)
      FAIL("server: " << started.error().message);
  }
  [[nodiscard]] std::uint16_t port() const { return it->port(); }
  [[nodiscard]] grpc_server_stats stats() const { return it->stats(); }
};

std::string problem(const grpc_server_options& options) {
  answering server;
  const auto started = server.start(options);
  return started ? "none" : started.error().message;
}

} // namespace

TEST_CASE("bad options are named", "[grpc]") {
  using Catch::Matchers::Contains;
  CHECK_THAT(problem({.certificate_file = "x"}), Contains("key_file"));
  CHECK_THAT(problem({.certificate_file = "/none.crt", .key_file = "/none.key"}),
             Contains("/none.crt"));
  CHECK_THAT(problem({.max_connections = 0}), Contains("max_connections"));
  CHECK_THAT(problem({.max_streams = 0}), Contains("max_streams"));
  CHECK_THAT(problem({.max_message_bytes = 10, .max_connection_bytes = 19}),
             Contains("max_connection_bytes"));
  CHECK_THAT(problem({.certificate_interval = 0ms}), Contains("certificate_interval"));
  CHECK_THAT(problem({.stall_timeout = 0ms}), Contains("stall_timeout"));
  CHECK_THAT(problem({.idle_timeout = 0ms}), Contains("idle_timeout"));
  const world w;
  CHECK_THAT(problem({.listen = {"127.0.0.1", w.port()}}), Contains(std::to_string(w.port())));
  CHECK_FALSE(grpc_server::start({}, {}));
}

TEST_CASE("calls are answered over one connection, in clear text and by TLS", "[grpc]") {
  const temporary_directory directory;
  certificate_authority ca(directory, "ca");
  const auto files = ca.issue("IP:127.0.0.1");
  for (const bool secure : {false, true}) {
    world w(secure
                ? grpc_server_options{.certificate_file = files.certificate, .key_file = files.key}
                : grpc_server_options{});
    socket_client client(w.port(), secure ? ca.file() : "");
    CHECK(client.ask(request::of("/t/Echo", "hello")).message() == "hello");
    CHECK(client.ask(request::of("/t/Size", "3000000")).message() == std::string(3'000'000, 'x'));
    const std::string large(1'000'000, 'y');
    CHECK(client.ask(request::of("/t/Echo", large)).message() == large);
    CHECK(client.ask(request::of("/t/Fail", "no")).text() == "no");
    CHECK(client.ask(request::of("/else")).status() == "12");
    CHECK(w.stats().open == 1);
    CHECK(w.stats().connections == 1);
    CHECK(w.stats().received_bytes > 1'000'000);
    CHECK(w.stats().sent_bytes > 4'000'000);
    CHECK(w.stats().buffered_bytes == 0);
    CHECK(w.calls() == 5);
    client.close();
    CHECK(eventually([&] { return w.stats().open == 0; }));
    CHECK(w.stats().protocol_errors == 0);
  }
}

TEST_CASE("by TLS only clients that offer h2 are served", "[grpc]") {
  const temporary_directory directory;
  certificate_authority ca(directory, "ca");
  const auto files = ca.issue("IP:127.0.0.1");
  world w({.certificate_file = files.certificate, .key_file = files.key});
  std::uint64_t errors = 0;
  for (const auto* const protocol : {"http/1.1", ""}) {
    socket_client client(w.port(), ca.file(), protocol);
    CHECK(client.ask(request{}).status() == "none");
    CHECK(eventually([&] { return w.stats().protocol_errors == errors + 1; }));
    ++errors;
  }
  raw_client clear(w.port());
  clear.send(raw_greeting());
  CHECK(clear.ends());
  CHECK(eventually([&] { return w.stats().protocol_errors == errors + 1; }));
}

TEST_CASE("a renewed certificate is used by further connections, and a bad one is not", "[grpc]") {
  const temporary_directory directory;
  certificate_authority old_ca(directory, "old");
  certificate_authority new_ca(directory, "new");
  const auto old_files = old_ca.issue("IP:127.0.0.1");
  const auto new_files = new_ca.issue("IP:127.0.0.1");
  const auto certificate = directory.file("server.pem");
  const auto key = directory.file("server.key");
  // As most tools do: a complete file takes the place of the other.
  const auto put = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to + ".new");
    std::filesystem::rename(to + ".new", to);
  };
  put(old_files.certificate, certificate);
  put(old_files.key, key);
  world w({.certificate_file = certificate, .key_file = key, .certificate_interval = 10ms});
  const auto serves = [&](const certificate_authority& ca) {
    socket_client client(w.port(), ca.file());
    return !client.failure && client.ask(request::of("/t/Echo", "hello")).message() == "hello";
  };
  socket_client earlier(w.port(), old_ca.file());
  CHECK(serves(old_ca));
  CHECK_FALSE(serves(new_ca));
  const auto expires_at = w.stats().certificate_expires_at;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  CHECK(expires_at > now + 80'000);
  CHECK(expires_at < now + 90'000);

  const auto bad = directory.file("bad.pem");
  std::ofstream(bad) << "no certificate";
  put(bad, certificate);
  REQUIRE(eventually([&] { return w.stats().failed_reloads == 1; }));
  CHECK(serves(old_ca));
  put(new_files.certificate, certificate); // the key is still the old one
  REQUIRE(eventually([&] { return w.stats().failed_reloads == 2; }));
  CHECK(serves(old_ca));
  CHECK(w.stats().reloads == 0);

  put(new_files.key, key);
  REQUIRE(eventually([&] { return w.stats().reloads == 1; }));
  CHECK(serves(new_ca));
  CHECK_FALSE(serves(old_ca));
  CHECK(earlier.ask(request::of("/t/Echo", "hello")).message() == "hello");

  std::filesystem::remove(key);
  REQUIRE(eventually([&] { return w.stats().failed_reloads == 3; }));
  CHECK(serves(new_ca));
  CHECK(w.stats().certificate_expires_at >= expires_at);
}

TEST_CASE("work runs at its time, and later work takes its place", "[grpc]") {
  world w;
  std::promise<time_point> ran;
  const auto began = steady_clock::now();
  w.it->post([&] {
    w.it->run_at(began + 10ms, [] { FAIL("it was replaced"); });
    w.it->run_at(began + 50ms, [&] { ran.set_value(steady_clock::now()); });
  });
  auto at = ran.get_future();
  REQUIRE(at.wait_for(patience) == std::future_status::ready);
  CHECK(at.get() - began >= 50ms);
  w.it->post([&] { w.it->run_at(began + 24h, [] { FAIL("after the end"); }); });
  w.it->stop(); // does not wait for it
}

TEST_CASE("answers may come from any thread and in any order", "[grpc]") {
  world w;
  socket_client client(w.port());
  std::vector<std::int32_t> streams;
  streams.reserve(50);
  for (int i = 0; i < 50; ++i)
    streams.push_back(client.begin(request::of("/t/Hold", std::to_string(i))));
  REQUIRE(eventually([&] { return w.held() == 50; }));
  CHECK(w.stats().calls == 50);
  w.release();
  client.run_until([&] {
    return std::ranges::all_of(streams,
                               [&](auto each) { return client.http2.responses[each].closed; });
  });
  for (std::size_t i = 0; i < streams.size(); ++i)
    CHECK(client.http2.responses[streams[i]].message() == std::to_string(i));
  CHECK(w.stats().calls == 0);
  CHECK(w.cancelled().empty());
}

TEST_CASE("of too many connections those without calls go", "[grpc]") {
  world w({.max_connections = 3});
  raw_client silent(w.port());
  REQUIRE(eventually([&] { return w.stats().open == 1; }));
  socket_client busy(w.port());
  const auto stream = busy.begin(request::of("/t/Hold", "kept"));
  REQUIRE(eventually([&] { return w.held() == 1; }));
  socket_client idle(w.port());
  CHECK(idle.ask(request{}).message() == "hello");
  CHECK(w.stats().refused == 0);
  socket_client fourth(w.port()); // in place of the silent one
  fourth.begin(request::of("/t/Hold"));
  REQUIRE(eventually([&] { return w.held() == 2; }));
  CHECK(silent.ends());
  socket_client fifth(w.port()); // in place of the idle one
  fifth.begin(request::of("/t/Hold"));
  REQUIRE(eventually([&] { return w.held() == 3; }));
  CHECK_FALSE(idle.run_until([] { return false; }));
  CHECK(w.stats().refused == 2);
  raw_client sixth(w.port()); // all have calls
  CHECK(sixth.ends());
  CHECK(w.stats().refused == 3);
  CHECK(w.stats().open == 3);
  w.release();
  busy.run_until([&] { return busy.http2.responses[stream].closed; });
  CHECK(busy.http2.responses[stream].message() == "kept");
  CHECK(w.cancelled().empty());
}

TEST_CASE("newcomers that say nothing cost no client its connection", "[grpc]") {
  world w({.max_connections = 3});
  socket_client idle(w.port());
  CHECK(idle.ask(request{}).message() == "hello");
  std::vector<std::unique_ptr<raw_client>> silent;
  for (std::uint64_t i = 0; i < 20; ++i)
    silent.push_back(std::make_unique<raw_client>(w.port()));
  REQUIRE(eventually([&] { return w.stats().refused == 18; }));
  CHECK(idle.ask(request{}).message() == "hello");
}

TEST_CASE("calls that are never complete keep nobody out", "[grpc]") {
  world w({.max_connections = 3});
  socket_client idle(w.port());
  CHECK(idle.ask(request{}).message() == "hello");
  auto unfinished = request::of("/t/Echo");
  unfinished.complete = false;
  std::vector<std::unique_ptr<socket_client>> attackers;
  for (std::uint64_t i = 0; i < 10; ++i) {
    attackers.push_back(std::make_unique<socket_client>(w.port()));
    attackers.back()->begin(unfinished);
    REQUIRE(eventually([&] { return w.stats().calls == std::min<std::uint64_t>(i + 1, 2); }));
  }
  socket_client newcomer(w.port());
  CHECK(newcomer.ask(request{}).message() == "hello");
  CHECK(idle.ask(request{}).message() == "hello");
}

TEST_CASE("posted work runs in order on the server's thread", "[grpc]") {
  world w;
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i)
    w.it->post([&order, i] { order.push_back(i); });
  w.it->post([&] { done.set_value(); });
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
  CHECK(order.size() == 100);
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("calls whose client goes away are cancelled once", "[grpc]") {
  world w;
  socket_client client(w.port());
  client.begin(request::of("/t/Hold"));
  client.begin(request::of("/t/Hold"));
  REQUIRE(eventually([&] { return w.held() == 2; }));
  client.close();
  REQUIRE(eventually([&] { return w.cancelled().size() == 2; }));
  CHECK(w.cancelled()[0] != w.cancelled()[1]);
  CHECK(eventually([&] { return w.stats().open == 0; }));
  w.it->stop();
  CHECK(w.cancelled().size() == 2);
}

TEST_CASE("what is no HTTP/2 is ended, and others are served meanwhile", "[grpc]") {
  world w;
  socket_client good(w.port());
  CHECK(good.ask(request{}).message() == "hello");
  for (int i = 0; i < 5; ++i) {
    raw_client garbage(w.port());
    garbage.send("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n");
    garbage.socket.shutdown(raw_client::tcp::socket::shutdown_send);
    CHECK(garbage.ends());
  }
  CHECK(eventually([&] { return w.stats().protocol_errors == 5; }));
  CHECK(good.ask(request{}).message() == "hello");
  CHECK(eventually([&] { return w.stats().open == 1; }));
}

TEST_CASE("who says nothing, or half of the preface, is ended in time", "[grpc]") {
  world w({.stall_timeout = 100ms});
  raw_client silent(w.port());
  raw_client slow(w.port());
  slow.send(preface.substr(0, 10));
  CHECK(silent.ends());
  CHECK(slow.ends());
  CHECK(eventually([&] { return w.stats().stalled == 2; }));
  CHECK(eventually([&] { return w.stats().open == 0; }));
}

TEST_CASE("a client that never reads is ended, and its answers are bounded", "[grpc]") {
  constexpr std::size_t most = std::size_t{4} << 20U;
  world w({.max_message_bytes = 1'000, .max_connection_bytes = most, .stall_timeout = 300ms});
  raw_client greedy(w.port());
  // It gives all the window there is, and asks for a megabyte again and again.
  const std::string window{"\x7f\xff\0\0", 4};
  auto settings = std::string{"\0\x04", 2} + std::string{"\x7f\xff\xff\xff", 4};
  greedy.send(std::string{preface} + raw_frame(NGHTTP2_SETTINGS, 0, 0, settings) +
              raw_frame(NGHTTP2_WINDOW_UPDATE, 0, 0, window));
  const auto block = raw_field(":method", "POST") + raw_field(":scheme", "http") +
                     raw_field(":path", "/t/Size") + raw_field(":authority", "t") +
                     raw_field("content-type", "application/grpc");
  std::uint32_t stream = 1;
  std::uint64_t largest = 0;
  const auto ask = [&] {
    const auto sent = greedy.send(
        raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, block) +
        raw_frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, request::framed("1000000")));
    stream += 2;
    largest = std::max(largest, w.stats().buffered_bytes);
    return sent;
  };
  for (int i = 0; i < 20 && ask(); ++i)
    ;
  // The connection, and before it each call whose answer found no room.
  CHECK(eventually([&] { return w.stats().stalled + w.stats().protocol_errors >= 1; }));
  CHECK(eventually([&] { return w.stats().open == 0; }));
  CHECK(largest <= most + 1'000'000);
  CHECK(w.stats().buffered_bytes == 0);
}

TEST_CASE("a client that pings without reading is no longer read, and ended", "[grpc]") {
  world w({.stall_timeout = 300ms});
  raw_client rude(w.port());
  rude.send(raw_greeting());
  std::string pings;
  for (int i = 0; i < 1'000; ++i)
    pings += raw_frame(NGHTTP2_PING, 0, 0, "12345678");
  while (rude.send(pings))
    ;
  CHECK(eventually([&] { return w.stats().stalled + w.stats().protocol_errors == 1; }));
  CHECK(eventually([&] { return w.stats().open == 0; }));
}

TEST_CASE("a drained server finishes its calls and takes no others", "[grpc]") {
  world w;
  socket_client client(w.port());
  socket_client idle(w.port());
  REQUIRE(idle.ask(request{}).message() == "hello");
  const auto stream = client.begin(request::of("/t/Hold", "last"));
  REQUIRE(eventually([&] { return w.held() == 1; }));
  CHECK_FALSE(w.it->drain(10ms));
  CHECK_FALSE(idle.run_until([] { return false; })); // closed, in peace
  CHECK(idle.failure == boost::asio::error::eof);
  CHECK_THROWS(raw_client(w.port()));
  auto drained = std::async(std::launch::async, [&] { return w.it->drain(patience); });
  w.release();
  client.run_until([&] { return client.http2.responses[stream].closed; });
  CHECK(client.http2.responses[stream].message() == "last");
  CHECK(drained.get());
  CHECK_FALSE(client.http2.goaways.empty());
  CHECK(w.cancelled().empty());
  w.it->stop();
  CHECK(w.stats().open == 0);
  CHECK(w.stats().protocol_errors == 0);
}

TEST_CASE("a server without connections is drained at once", "[grpc]") {
  const world w;
  CHECK(w.it->drain(patience));
  CHECK(w.it->drain(patience));
  w.it->stop();
  CHECK(w.it->drain(patience));
}

TEST_CASE("a stopped server has cancelled its calls and does nothing more", "[grpc]") {
  world w;
  socket_client client(w.port());
  client.begin(request::of("/t/Hold"));
  REQUIRE(eventually([&] { return w.held() == 1; }));
  w.it->stop();
  CHECK(w.cancelled().size() == 1);
  CHECK(w.stats().open == 0);
  CHECK_FALSE(client.run_until([] { return false; }));
  w.it->answer(1, {});
  w.it->post([] { FAIL("after the end"); });
  w.it->stop();
  CHECK_THROWS(raw_client(w.port()));
}

TEST_CASE("a server that never served can be stopped", "[grpc]") {
  auto server = grpc_server::start({}, {.on_call = [](auto) {}, .on_cancel = [](auto) {}});
  REQUIRE(server);
  (*server)->stop();
}
