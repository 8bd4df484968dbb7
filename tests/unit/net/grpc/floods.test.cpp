// Clients that cost much, or nothing but time.
#include "wired.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

namespace {

// Feeds `what` until the connection ends. @returns how often; `most` if it does not end.
int feed_until_failed(wired& w, const std::string& what, int most, bool reads) {
  for (int i = 1; i <= most; ++i) {
    w.feed(what);
    if (reads)
      static_cast<void>(w.take_output());
    if (w.server->failed())
      return i;
  }
  return most;
}

const std::string ping = raw_frame(NGHTTP2_PING, 0, 0, "12345678");
const std::string settings = raw_frame(NGHTTP2_SETTINGS, 0, 0);

} // namespace

TEST_CASE("floods of control frames end the connection", "[grpc]") {
  const auto priority = raw_frame(NGHTTP2_PRIORITY, 0, 1, std::string(4, '\0') + '\x10');
  for (const auto& what : {ping, settings, priority}) {
    wired w;
    w.feed(raw_greeting());
    const auto times = feed_until_failed(w, what, 10'000, true);
    CHECK(times >= 1'000);
    CHECK(times <= 2'001);
    CHECK(w.counters.protocol_errors == 1);
  }
  wired w; // of DATA without any
  w.feed(raw_greeting() +
         raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, raw_request_block()));
  CHECK(feed_until_failed(w, raw_frame(NGHTTP2_DATA, 0, 1), 10'000, true) <= 2'001);
  CHECK(w.counters.protocol_errors == 1);
}

TEST_CASE("calls that end with an empty DATA are no flood, however many in a second", "[grpc]") {
  wired w;
  w.feed(raw_greeting());
  constexpr std::int32_t calls = 10'000;
  for (std::int32_t i = 0; i < calls && !w.server->failed(); ++i) {
    const auto stream = 2 * i + 1;
    w.feed(
        raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, raw_request_block("/t/Echo")) +
        raw_frame(NGHTTP2_DATA, 0, stream, std::string(5, '\0')) +
        raw_frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream));
    static_cast<void>(w.take_output());
  }
  CHECK_FALSE(w.server->failed());
  CHECK(w.counters.protocol_errors == 0);
}

TEST_CASE("a client may ping as often as it likes over time", "[grpc]") {
  wired w;
  w.feed(raw_greeting());
  for (int second = 0; second < 20; ++second) {
    CHECK(feed_until_failed(w, ping, 500, true) == 500);
    w.now += 1s;
  }
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("acknowledgements that are not read are bounded", "[grpc]") {
  wired w;
  w.feed(raw_greeting());
  CHECK(feed_until_failed(w, ping, 10'000, false) <= 1'001);
}

TEST_CASE("resets of calls by the thousand end the connection", "[grpc]") {
  wired w;
  w.run();
  int times = 0;
  while (!w.server->failed() && times < 10'000) {
    ++times;
    const auto stream = w.client.send(request::of("/t/Hold"));
    w.feed(w.client.collect());
    w.client.reset(stream);
    w.run();
  }
  CHECK(times > 1'999);
  CHECK(times < 4'000); // 500 a second more, by the machine's clock
  CHECK(w.counters.protocol_errors == 1);
  CHECK(w.cancelled.size() == w.held.size());
}

TEST_CASE("calls that the client makes the server reset count as if it had reset them", "[grpc]") {
  wired w;
  w.run();
  const std::string too_large_window("\x7f\xff\xff\xff", 4);
  int times = 0;
  while (!w.server->failed() && times < 10'000) {
    ++times;
    const auto stream = w.client.send(request::of("/t/Hold"));
    w.feed(w.client.collect() + raw_frame(NGHTTP2_WINDOW_UPDATE, 0, stream, too_large_window));
    w.client.receive(w.take_output());
  }
  CHECK(times > 1'999);
  CHECK(times < 4'000); // 500 a second more, by the machine's clock
  CHECK(w.counters.protocol_errors == 1);
  CHECK(w.held.size() == w.cancelled.size());
}

TEST_CASE("headers in endless pieces end the connection", "[grpc]") {
  wired w;
  w.feed(raw_greeting() + raw_frame(NGHTTP2_HEADERS, 0, 1, raw_request_block()));
  CHECK(feed_until_failed(w, raw_frame(NGHTTP2_CONTINUATION, 0, 1), 1'000, true) <= 10);
  CHECK(w.counters.protocol_errors == 1);
}

TEST_CASE("frames that wait to be sent stop the reading", "[grpc]") {
  wired w({.max_streams = 3});
  w.feed(raw_greeting());
  std::uint32_t stream = 1;
  for (int i = 0; i < 5'000 && w.server->may_receive(); ++i, stream += 2)
    w.feed(raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, raw_request_block()));
  CHECK_FALSE(w.server->may_receive());
  CHECK(stream < 2 * 1'100);
  while (!w.take_output().empty())
    ;
  CHECK(w.server->may_receive());
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("a client that does not begin has its time", "[grpc]") {
  for (const auto& begin : {std::string{}, std::string{preface}, raw_greeting().substr(0, 30)}) {
    wired w;
    w.feed(begin);
    w.wait(9'999ms);
    CHECK_FALSE(w.server->failed());
    w.wait(1ms);
    CHECK(w.server->failed());
    CHECK(w.counters.stalled == 1);
    CHECK(w.counters.protocol_errors == 0);
  }
}

TEST_CASE("headers that do not end have their time", "[grpc]") {
  wired w;
  w.feed(raw_greeting());
  w.wait(5s);
  w.feed(raw_frame(NGHTTP2_HEADERS, 0, 1, raw_request_block()));
  w.wait(9'999ms);
  CHECK_FALSE(w.server->failed());
  w.wait(1ms);
  CHECK(w.server->failed());
  CHECK(w.counters.stalled == 1);
}

TEST_CASE("requests that do not become complete have their time, one by one", "[grpc]") {
  wired w;
  request half;
  half.body = request::framed("hello").substr(0, 7);
  half.complete = false;
  const auto first = w.client.send(half);
  w.run();
  w.wait(6s);
  const auto second = w.client.send(half);
  w.run();
  w.wait(3'999ms);
  w.run();
  CHECK(w.counters.stalled == 0);
  w.wait(1ms);
  w.run();
  CHECK(w.counters.stalled == 1);
  CHECK(w.client.responses[first].status() == "1");
  CHECK(w.client.responses[first].closed);
  CHECK_FALSE(w.client.responses[second].closed);
  w.wait(6s);
  w.run();
  CHECK(w.counters.stalled == 2);
  CHECK(w.client.responses[second].closed);
  CHECK(w.ask(request{}).message() == "hello");
  CHECK_FALSE(w.server->failed());
  CHECK(w.counters.buffered_bytes == 0);
}

TEST_CASE("a thousand half-open calls cost their time and leave nothing", "[grpc]") {
  wired w;
  request half;
  half.body = "";
  half.complete = false;
  for (int i = 0; i < 1'000; ++i)
    w.client.send(half);
  w.run();
  CHECK(w.counters.calls == 1'000);
  w.wait(10s);
  w.run();
  CHECK(w.counters.calls == 0);
  CHECK(w.counters.stalled == 1'000);
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("an answer that a call's window stops is given up", "[grpc]") {
  wired w({}, {.window = 0});
  const auto stream = w.client.send(request::of("/t/Size", "10"));
  w.run();
  w.wait(9'999ms);
  w.run();
  CHECK_FALSE(w.client.responses[stream].closed);
  w.wait(1ms);
  w.run();
  CHECK(w.client.responses[stream].reset == NGHTTP2_CANCEL);
  CHECK(w.counters.stalled == 1);
  CHECK(w.counters.buffered_bytes == 0);
  CHECK_FALSE(w.server->failed());
  CHECK(w.cancelled.empty()); // it was answered
}

TEST_CASE("answers that the connection's window stops end it", "[grpc]") {
  wired w({}, {.window = 1'000'000, .gives_window = false});
  w.client.send(request::of("/t/Size", "100000")); // more than the 65,535 of a connection
  w.run();
  w.wait(9'999ms);
  CHECK_FALSE(w.server->failed());
  // Pings are no progress.
  w.feed(ping);
  w.wait(1ms);
  CHECK(w.server->failed());
  CHECK(w.counters.stalled == 1);
}

TEST_CASE("a slow reader that makes progress keeps its answer", "[grpc]") {
  wired w({}, {.window = 0, .gives_window = false});
  const auto stream = w.client.send(request::of("/t/Size", "7"));
  w.run();
  for (std::size_t i = 0; i < 12; ++i) {
    w.wait(9s);
    REQUIRE(nghttp2_submit_window_update(w.client.it.get(), NGHTTP2_FLAG_NONE, stream, 1) == 0);
    w.run();
    CHECK(w.client.responses[stream].body.size() == i + 1);
  }
  CHECK(w.client.responses[stream].message() == "xxxxxxx");
  CHECK(w.counters.stalled == 0);
}
