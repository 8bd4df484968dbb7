// What a connection does for a client that keeps the rules, without a socket.
#include "raw_http2.hpp"
#include "wired.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

TEST_CASE("a call is answered with its message and status", "[grpc]") {
  wired w;
  const auto got = w.ask(request::of("/t/Echo", "hello"));
  CHECK(got.headers == std::map<std::string, std::string>{
                           {":status", "200"}, {"content-type", "application/grpc+proto"}});
  CHECK(got.body == request::framed("hello"));
  CHECK(got.trailers == std::map<std::string, std::string>{{"grpc-status", "0"}});
  CHECK(got.closed);
  CHECK_FALSE(got.reset);
  CHECK(w.ask(request::of("/t/Echo")).message().empty());
  CHECK(w.counters.calls == 0);
  CHECK(w.counters.buffered_bytes == 0);
  CHECK(w.counters.bad_requests == 0);
  CHECK_FALSE(w.server->failed());
  CHECK(w.cancelled.empty());
}

TEST_CASE("an error is trailers only, with its text encoded", "[grpc]") {
  wired w;
  const auto got = w.ask(request::of("/t/Fail", "100 % of it\n"));
  CHECK(got.headers ==
        std::map<std::string, std::string>{{":status", "200"},
                                           {"content-type", "application/grpc+proto"},
                                           {"grpc-status", "5"},
                                           {"grpc-message", "100 %25 of it%0A"}});
  CHECK(got.trailers.empty());
  CHECK(got.body.empty());
  CHECK(got.ended);
  CHECK(w.counters.bad_requests == 0);
}

TEST_CASE("answers larger than every window arrive whole", "[grpc]") {
  wired w({}, {.window = 1'000});
  std::vector<std::int32_t> streams;
  for (const auto* const size : {"1000000", "3", "65531", "65536", "200000"})
    streams.push_back(w.client.send(request::of("/t/Size", size)));
  w.run();
  CHECK(w.client.responses[streams[0]].message() == std::string(1'000'000, 'x'));
  CHECK(w.client.responses[streams[1]].message() == "xxx");
  CHECK(w.client.responses[streams[2]].message() == std::string(65'531, 'x'));
  CHECK(w.client.responses[streams[3]].message() == std::string(65'536, 'x'));
  CHECK(w.client.responses[streams[4]].message() == std::string(200'000, 'x'));
  for (const auto each : streams)
    CHECK(w.client.responses[each].status() == "0");
  CHECK(w.counters.buffered_bytes == 0);
}

TEST_CASE("requests of the largest size arrive whole, many on one connection", "[grpc]") {
  wired w;
  std::string message(w.options.max_message_bytes, 'm');
  // More than the connection's window.
  for (std::size_t sent = 0; sent <= w.options.max_connection_bytes; sent += message.size()) {
    ++message[0];
    REQUIRE(w.ask(request::of("/t/Echo", message)).message() == message);
  }
}

TEST_CASE("what goes out at once is collected into one piece", "[grpc]") {
  wired w;
  w.run();
  for (int i = 0; i < 32; ++i)
    w.client.send(request::of("/t/Echo", "hello"));
  w.feed(w.client.collect());
  const auto out = w.take_output();
  CHECK(w.take_output().empty());
  w.client.receive(out);
  for (const auto& [stream, response] : w.client.responses)
    CHECK(response.message() == "hello");
  w.client.send(request::of("/t/Size", "50000"));
  w.client.send(request::of("/t/Size", "50000"));
  w.feed(w.client.collect());
  const auto batch = w.take_output();
  CHECK(batch.size() >= 60'000); // the client's window has 65,535
  CHECK(batch.size() <= grpc_connection::batch_bytes + 20'000);
}

TEST_CASE("a call that the client gives up is cancelled once", "[grpc]") {
  wired w;
  const auto stream = w.client.send(request::of("/t/Hold"));
  const auto other = w.client.send(request::of("/t/Hold"));
  w.run();
  REQUIRE(w.held.size() == 2);
  w.client.reset(stream);
  w.run();
  CHECK(w.cancelled == std::map<std::int32_t, int>{{stream, 1}});
  w.server->answer(stream, {.message = "too late"}, w.now);
  w.server->answer(other, {.message = "in time"}, w.now);
  w.server->answer(other, {.message = "twice"}, w.now);
  w.run();
  CHECK(w.client.responses[other].message() == "in time");
  CHECK(w.client.responses[stream].body.empty());
  w.server->abandon();
  CHECK(w.cancelled.size() == 1);
}

TEST_CASE("calls that are open when the connection is lost are cancelled", "[grpc]") {
  wired w;
  const auto stream = w.client.send(request::of("/t/Hold"));
  request unfinished;
  unfinished.complete = false;
  w.client.send(unfinished);
  w.run();
  CHECK(w.counters.calls == 2);
  CHECK(w.counters.buffered_bytes == 10);
  w.server->abandon();
  CHECK(w.cancelled == std::map<std::int32_t, int>{{stream, 1}});
  CHECK(w.counters.calls == 0);
  CHECK(w.counters.buffered_bytes == 0);
}

TEST_CASE("a call that is given up in the same breath never reaches the handler", "[grpc]") {
  wired w;
  w.run();
  const auto stream = w.client.send(request::of("/t/Hold"));
  auto bytes = w.client.collect();
  w.client.reset(stream);
  bytes += w.client.collect();
  w.feed(bytes);
  CHECK(w.held.empty());
  CHECK(w.cancelled.empty());
}

TEST_CASE("a deadline ends a call, on time and once", "[grpc]") {
  wired w;
  auto what = request::of("/t/Hold");
  what.headers.emplace_back("grpc-timeout", "100m");
  const auto stream = w.client.send(what);
  w.run();
  REQUIRE(w.held.size() == 1);
  CHECK(w.held.at(stream).deadline == w.now + 100ms);
  w.wait(99ms);
  CHECK(w.cancelled.empty());
  w.wait(1ms);
  w.run();
  CHECK(w.client.responses[stream].status() == "4");
  CHECK(w.cancelled == std::map<std::int32_t, int>{{stream, 1}});
  w.server->answer(stream, {.message = "too late"}, w.now);
  w.run();
  CHECK(w.client.responses[stream].body.empty());
  CHECK(w.cancelled.size() == 1);
  CHECK(w.counters.bad_requests == 0);

  what.path = "/t/Echo"; // answered before: not cancelled
  CHECK(w.ask(what).status() == "0");
  w.wait(200ms);
  CHECK(w.cancelled.size() == 1);
  what.headers.back().second = "0n";
  CHECK(w.ask(what).status() == "4");
}

TEST_CASE("a drained connection finishes what was begun and is over then", "[grpc]") {
  wired w;
  const auto first = w.client.send(request::of("/t/Hold"));
  w.run();
  w.server->begin_drain(w.now);
  const auto notice = w.take_output();
  // On its way while the notice is: still served.
  const auto second = w.client.send(request::of("/t/Hold"));
  w.feed(w.client.collect());
  CHECK(w.held.size() == 2);
  w.client.receive(notice);
  REQUIRE(w.client.goaways.size() == 1);
  CHECK(w.client.goaways[0] == std::pair<std::int32_t, std::uint32_t>{0x7fff'ffff, 0});
  w.run(); // the answer to the ping, and the last word
  REQUIRE(w.client.goaways.size() == 2);
  CHECK(w.client.goaways[1] == std::pair<std::int32_t, std::uint32_t>{second, 0});
  CHECK_FALSE(w.server->over());
  w.server->answer(first, {.message = "1"}, w.now);
  w.server->answer(second, {.message = "2"}, w.now);
  w.run();
  CHECK(w.client.responses[first].message() == "1");
  CHECK(w.client.responses[second].message() == "2");
  CHECK(w.server->over());
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("a connection is drained while it has numbers for further calls", "[grpc]") {
  const auto call = [](std::uint32_t stream, std::string_view path) {
    return raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, raw_request_block(path)) +
           raw_frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, raw_message("x"));
  };
  const auto has_goaway = [](const std::string& said) {
    return said.find(raw_frame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0')).substr(0, 9)) !=
           std::string::npos;
  };
  wired w;
  w.feed(raw_greeting() + call(0x3fff'ffff, "/t/Echo"));
  CHECK_FALSE(has_goaway(w.take_output()));
  w.feed(call(0x4000'0001, "/t/Echo"));
  CHECK(has_goaway(w.take_output()));
  w.feed(call(0x4000'0003, "/t/Echo")); // the client does not know it yet
  CHECK_FALSE(has_goaway(w.take_output()));
  CHECK(w.counters.calls == 0);
  w.wait(2s);
  static_cast<void>(w.take_output());
  CHECK(w.server->over());
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("a drain does not wait for a client that does not answer its ping", "[grpc]") {
  wired w;
  w.run();
  w.server->begin_drain(w.now);
  static_cast<void>(w.take_output());
  CHECK_FALSE(w.server->over());
  w.wait(1s);
  static_cast<void>(w.take_output());
  CHECK(w.server->over());
}

TEST_CASE("a connection without calls is closed after its time", "[grpc]") {
  wired w({.idle_timeout = 1min});
  w.run();
  w.wait(59s);
  const auto held = w.client.send(request::of("/t/Hold"));
  w.run();
  w.wait(10min);
  w.run();
  CHECK(w.client.goaways.empty());
  w.server->answer(held, {}, w.now);
  w.run();
  w.wait(59s);
  w.run();
  CHECK(w.client.goaways.empty());
  w.wait(1s);
  w.run();
  CHECK(w.client.goaways.size() == 1); // with nothing to do, the client is over as well
  w.wait(1s);
  w.run();
  CHECK(w.server->over());
  CHECK_FALSE(w.server->failed());
}
