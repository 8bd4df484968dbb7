// What a connection does not take.
#include "wired.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

// Refused with the status of gRPC and of HTTP; the connection goes on.
void check_refused(const request& what, const std::string& status, const std::string& http = "200",
                   grpc_server_options options = {}) {
  wired w(options);
  const auto got = w.ask(what);
  INFO(got.text());
  CHECK(got.status() == status);
  CHECK(got.headers.at(":status") == http);
  CHECK(got.headers.at("content-type") == "application/grpc+proto");
  CHECK(got.text() != "none");
  CHECK(got.ended);
  CHECK(got.closed);
  CHECK(w.counters.bad_requests == 1);
  CHECK(w.counters.calls == 0);
  CHECK(w.counters.buffered_bytes == 0);
  CHECK(w.held.empty());
  CHECK(w.cancelled.empty());
  CHECK(w.ask(request::of("/t/Echo", "next")).message() == "next");
  CHECK_FALSE(w.server->failed());
}

request with_body(std::string body) {
  request out;
  out.body = std::move(body);
  return out;
}

request with_headers(headers fields) {
  request out;
  out.headers = std::move(fields);
  return out;
}

} // namespace

TEST_CASE("what is no call of gRPC is refused", "[grpc]") {
  auto get = request{};
  get.method = "GET";
  check_refused(get, "13", "405");
  check_refused(with_headers({{"te", "trailers"}}), "13", "415");
  check_refused(with_headers({{"content-type", "application/json"}}), "13", "415");
  check_refused(with_headers({{"content-type", "application/grpc"}, {"grpc-timeout", "soon"}}),
                "13");
}

TEST_CASE("a request without te is taken, since nothing depends on it", "[grpc]") {
  wired w;
  CHECK(w.ask(with_headers({{"content-type", "application/grpc"}})).message() == "hello");
}

TEST_CASE("what is not one plain message is refused", "[grpc]") {
  check_refused(with_body(""), "12");
  check_refused(with_body(request::framed("1") + request::framed("2")), "12");
  check_refused(with_body(request::framed("hello").substr(0, 4)), "13");
  check_refused(with_body(request::framed("hello").substr(0, 9)), "13");
  check_refused(with_body(request::framed("hello", '\1')), "13");
  auto gzip = with_body(request::framed("hello", '\1'));
  gzip.headers.emplace_back("grpc-encoding", "gzip");
  check_refused(gzip, "12");
  gzip.body = request::framed("hello"); // may be compressed, but is not
  CHECK(wired{}.ask(gzip).message() == "hello");
}

TEST_CASE("a message that is too large is refused as soon as that is known", "[grpc]") {
  const grpc_server_options options{.max_message_bytes = 10};
  check_refused(with_body(request::framed("12345678901")), "8", "200", options);
  auto endless = with_body(request::framed("12345678901"));
  endless.complete = false;
  wired w(options);
  const auto got = w.ask(endless);
  CHECK(got.status() == "8");
  CHECK(got.reset == NGHTTP2_NO_ERROR);
  CHECK(w.counters.calls == 0);
  CHECK(w.ask(with_body(request::framed("1234567890"))).message() == "1234567890");
}

TEST_CASE("headers that are too large are refused, and far too large ones end all", "[grpc]") {
  const grpc_server_options options{.max_header_bytes = 1'000};
  auto what = request{};
  what.headers.emplace_back("x", std::string(1'000, 'x'));
  check_refused(what, "8", "431", options);
  wired w(options);
  // A field of 4,000 bytes, and then 16 times one byte that stands for it.
  const std::string size{"\x7f\xa1\x1e", 3}; // 4,000 as an integer of HPACK
  const auto block = raw_request_block() + '\x40' + '\1' + 'x' + size + std::string(4'000, 'x') +
                     std::string(16, '\xbe');
  w.feed(raw_greeting() + raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block));
  CHECK(w.server->reason() == "far too large headers");
  CHECK(w.counters.protocol_errors == 1);
}

TEST_CASE("more calls at once than allowed end the connection", "[grpc]") {
  wired w({.max_streams = 3});
  w.feed(raw_greeting() + raw_frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0));
  const auto block = raw_request_block();
  for (std::uint32_t stream = 1; stream <= 5; stream += 2)
    w.feed(raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, block));
  static_cast<void>(w.take_output());
  CHECK(w.counters.calls == 3);
  CHECK_FALSE(w.server->failed());
  w.feed(raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 7, block));
  static_cast<void>(w.take_output());
  CHECK(w.server->failed());
  CHECK(w.counters.protocol_errors == 1);
  CHECK(w.counters.calls == 3);
}

TEST_CASE("before it knows the limit, a client's further calls are refused one by one", "[grpc]") {
  wired w({.max_streams = 3});
  w.feed(raw_greeting());
  for (std::uint32_t stream = 1; stream <= 99; stream += 2)
    w.feed(raw_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, raw_request_block()));
  CHECK(w.counters.calls == 3);
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("requests that wait take no more memory than a connection may have", "[grpc]") {
  wired w({.max_message_bytes = 50'000, .max_connection_bytes = 100'000});
  for (int i = 0; i < 3; ++i) {
    auto what = with_body(request::framed(std::string(40'000, 'x')).substr(0, 39'000));
    what.complete = false;
    w.client.send(what);
    w.run();
    CHECK(w.server->failed() == (i == 2));
    CHECK(w.counters.buffered_bytes <= 117'000);
  }
  CHECK(w.counters.protocol_errors == 1);
  w.server->abandon();
  CHECK(w.counters.buffered_bytes == 0);
}

TEST_CASE("answers that wait take no more memory than a connection may have", "[grpc]") {
  wired w({.max_message_bytes = 50'000, .max_connection_bytes = 100'000},
          {.window = 10, .gives_window = false});
  w.client.send(request::of("/t/Size", "90000"));
  w.run();
  CHECK(w.counters.buffered_bytes == 90'000);
  CHECK_FALSE(w.server->failed());
  const auto too_many = w.client.send(request::of("/t/Size", "10001"));
  w.run();
  CHECK(w.client.responses[too_many].status() == "14"); // the other calls go on
  CHECK(w.counters.stalled == 1);
  CHECK_FALSE(w.server->failed());
  CHECK(w.counters.buffered_bytes == 90'000);
  w.client.send(request::of("/t/Size", "10000"));
  w.run();
  CHECK(w.counters.buffered_bytes == 100'000);
  CHECK_FALSE(w.server->failed());
}

TEST_CASE("what is not HTTP/2 ends the connection", "[grpc]") {
  for (const std::string_view garbage : {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\x16\x03\x01"}) {
    wired w;
    w.feed(garbage);
    CHECK(w.server->failed());
    CHECK(w.counters.protocol_errors == 1);
    w.feed("more of it");
    CHECK(w.counters.protocol_errors == 1);
  }
  wired w;
  w.feed(raw_greeting() + raw_frame(NGHTTP2_DATA, 0, 0, "of no stream"));
  const auto said = w.take_output();
  CHECK(w.server->failed()); // and the client is told
  CHECK(said.find(raw_frame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0')).substr(3, 2)) !=
        std::string::npos);
  CHECK(w.counters.protocol_errors == 1);
}
