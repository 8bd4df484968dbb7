#include "net/http/http_server.hpp"
#include "tests/unit/net/support/eventually.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

// More than the buffers of two sockets take.
constexpr std::size_t large_page = std::size_t{32} << 20;

// A client that sends arbitrary bytes.
class raw_client {
public:
  explicit raw_client(const http_server& server, const std::string& from = "127.0.0.1")
      : socket_(io_) {
    socket_.open(asio::ip::tcp::v4());
    socket_.bind({asio::ip::make_address(from), 0});
    socket_.connect({asio::ip::make_address("127.0.0.1"), server.port()});
  }

  // The server may close while we are still sending.
  void send(std::string_view text) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(text), ignored);
  }

  http::response<http::string_body> receive(bool head = false) {
    http::response_parser<http::string_body> parser;
    parser.skip(head);
    parser.body_limit(boost::none);
    boost::system::error_code ec;
    http::read(socket_, buffer_, parser, ec);
    INFO(ec.message());
    REQUIRE_FALSE(ec);
    return parser.release();
  }

  http::response<http::string_body> ask(std::string_view method, std::string_view target) {
    send(std::string(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: h\r\n\r\n"));
    return receive(method == "HEAD");
  }

  // The next line.
  std::string line() {
    boost::system::error_code ec;
    const auto size = asio::read_until(socket_, asio::dynamic_buffer(text_), '\n', ec);
    if (ec)
      return "closed";
    auto out = text_.substr(0, size);
    text_.erase(0, size);
    return out;
  }

  // The first line of the response; its headers are skipped.
  std::string open_stream(std::string_view target = "/events") {
    send(std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: h\r\n\r\n"));
    auto first = line();
    for (auto next = first; next != "\r\n" && next != "closed";)
      next = line();
    return first;
  }

  // All input until the server closes; "reset" if it resets the connection.
  std::string rest() {
    std::string text;
    boost::system::error_code ec;
    asio::read(socket_, asio::dynamic_buffer(text), ec);
    return ec == asio::error::eof ? text : "reset";
  }

private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  std::string text_;
};

std::unique_ptr<http_server> start(http_server_options options = {}) {
  auto started = http_server::start(
      std::move(options),
      {{"GET", "/metrics", [](const http_request&) { return http_response{.body = "m 1\n"}; }},
       {"GET", "/large",
        [](const http_request&) { return http_response{.body = std::string(large_page, 'x')}; }},
       {"GET", "/query",
        [](const http_request& request) {
          return http_response{.content_type = "text/x",
                               .body =
                                   std::string(request.path) + " " + std::string(request.query)};
        }},
       {"POST", "/echo",
        [](const http_request& request) {
          return http_response{.status = 201, .body = std::string(request.body)};
        }},
       {"GET", "/readyz",
        [](const http_request&) { return http_response{.status = 503, .body = "no database\n"}; }},
       {"GET", "/events",
        [pieces = std::make_shared<int>(0)](const http_request& request) {
          const std::size_t size = request.query.empty() ? 0 : large_page;
          return http_response{.headers = {{"Cache-Control", "no-store"}},
                               .stream = {.next =
                                              [pieces, size] {
                                                return std::string(size, ' ') + "piece " +
                                                       std::to_string(++*pieces) + "\n";
                                              },
                                          .every = milliseconds{5}}};
        }},
       {"GET", "/broken",
        [](const http_request&) -> http_response { throw std::runtime_error("out of luck"); }}});
  if (!started)
    FAIL("server: " << started.error().message);
  return std::move(*started);
}

std::string post(std::string_view target, const std::string& body) {
  return std::string("POST ").append(target).append(" HTTP/1.1\r\nHost: h\r\nContent-Length: ") +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace

TEST_CASE("a page is served with its status and type") {
  const auto server = start();
  raw_client client(*server);
  const auto page = client.ask("GET", "/metrics");
  CHECK(page.result_int() == 200);
  CHECK(page.body() == "m 1\n");
  CHECK(page["Content-Type"] == "text/plain; charset=utf-8");
  const auto query = client.ask("GET", "/query?a=1&b=2");
  CHECK(query.body() == "/query a=1&b=2");
  CHECK(query["Content-Type"] == "text/x");
  CHECK(client.ask("GET", "/readyz").result_int() == 503);
}

TEST_CASE("HEAD answers as GET does, without the body") {
  const auto server = start();
  raw_client client(*server);
  const auto head = client.ask("HEAD", "/metrics");
  CHECK(head.result_int() == 200);
  CHECK(head["Content-Length"] == "4");
  // The connection is still in sync.
  CHECK(client.ask("GET", "/metrics").body() == "m 1\n");
}

TEST_CASE("an unknown path is 404 and a known one with another method 405") {
  const auto server = start();
  raw_client client(*server);
  CHECK(client.ask("GET", "/other").result_int() == 404);
  CHECK(client.ask("GET", "/metrics/").result_int() == 404);
  const auto wrong = client.ask("DELETE", "/metrics");
  CHECK(wrong.result_int() == 405);
  CHECK(wrong["Allow"] == "GET, HEAD");
  CHECK(client.ask("GET", "/echo")["Allow"] == "POST");
  CHECK(client.ask("HEAD", "/echo").result_int() == 405);
}

TEST_CASE("a handler that throws gives a 500 and the server goes on") {
  const auto server = start();
  raw_client client(*server);
  const auto page = client.ask("GET", "/broken");
  CHECK(page.result_int() == 500);
  CHECK_THAT(page.body(), Catch::Contains("out of luck"));
  CHECK(client.ask("GET", "/metrics").result_int() == 200);
  CHECK(server->stats().answers[5] == 1);
  CHECK(server->stats().answers[2] == 1);
}

TEST_CASE("pipelined requests are answered in order") {
  const auto server = start();
  raw_client client(*server);
  client.send(post("/echo", "one") + post("/echo", "two") +
              "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(client.receive().body() == "one");
  CHECK(client.receive().body() == "two");
  const auto last = client.receive();
  CHECK(last.body() == "m 1\n");
  CHECK_FALSE(last.keep_alive());
  CHECK(client.rest().empty());
}

TEST_CASE("an HTTP/1.0 client gets its page and the end of the connection") {
  const auto server = start();
  raw_client client(*server);
  client.send("GET /metrics HTTP/1.0\r\n\r\n");
  CHECK(client.receive().body() == "m 1\n");
  CHECK(client.rest().empty());
}

TEST_CASE("a body of exactly the limit passes and one byte more is 413") {
  const auto server = start({.max_body_bytes = 1000});
  raw_client client(*server);
  client.send(post("/echo", std::string(1000, 'x')));
  CHECK(client.receive().body().size() == 1000);
  client.send(post("/echo", std::string(1001, 'x')));
  CHECK(client.receive().result_int() == 413);
  CHECK(client.rest().empty());
}

TEST_CASE("the default limit of a body is 10 MB") {
  const auto server = start();
  raw_client fits(*server);
  constexpr std::size_t limit = 10'000'000;
  fits.send(post("/echo", std::string(limit, 'x')));
  CHECK(fits.receive().result_int() == 201);
  raw_client too_large(*server);
  too_large.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10000001\r\n\r\n");
  CHECK(too_large.receive().result_int() == 413);
}

TEST_CASE("a body that no handler wants is read, bounded, and not kept") {
  const auto server = start({.max_body_bytes = 1000});
  raw_client client(*server);
  const std::string body(1000, 'x');
  client.send(post("/metrics", body) + post("/none", body) +
              "GET /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
              "GET /query?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\nabc\r\n0\r\n\r\n");
  CHECK(client.receive().result_int() == 405);
  CHECK(client.receive().result_int() == 404);
  CHECK(client.receive().body() == "m 1\n");
  CHECK(client.receive().body() == "/query b");
  client.send(post("/none", body + "x"));
  CHECK(client.receive().result_int() == 413);
}

TEST_CASE("only what is posted to a route of its own is wanted") {
  const auto handler = [](const http_request&) { return http_response{}; };
  const http_router router({{"POST", "/echo", handler}, {"GET", "/page", handler}});
  CHECK(router.wants_body("POST", "/echo?a=b"));
  CHECK_FALSE(router.wants_body("GET", "/page"));
  CHECK_FALSE(router.wants_body("HEAD", "/page"));
  CHECK_FALSE(router.wants_body("POST", "/page"));
  CHECK_FALSE(router.wants_body("POST", "/echo/"));
}

TEST_CASE("a chunked body that grows over the limit is 413") {
  const auto server = start({.max_body_bytes = 1000});
  raw_client client(*server);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  client.send(chunk + chunk + chunk);
  CHECK(client.receive().result_int() == 413);
}

TEST_CASE("a client with Expect: 100-continue gets 100 or a final status") {
  const auto server = start({.max_body_bytes = 1000});
  raw_client client(*server);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(client.receive().result_int() == 100);
  client.send("abc");
  CHECK(client.receive().body() == "abc");
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n");
  CHECK(client.receive().result_int() == 413);
}

TEST_CASE("headers of 8 KiB pass and more is 431") {
  const auto server = start();
  const auto with_header = [](std::size_t size) {
    return "GET /metrics HTTP/1.1\r\nHost: h\r\nX: " + std::string(size, 'x') + "\r\n\r\n";
  };
  raw_client client(*server);
  client.send(with_header(8000));
  CHECK(client.receive().result_int() == 200);
  client.send(with_header(8192));
  CHECK(client.receive().result_int() == 431);
}

TEST_CASE("input that is not HTTP gives 400 and ends the connection") {
  const auto server = start();
  for (const auto* text :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"}) {
    raw_client client(*server);
    client.send(text);
    CHECK(client.receive().result_int() == 400);
    CHECK(client.rest().empty());
  }
}

TEST_CASE("a body whose end is not known gives 400, and what follows is no request") {
  const auto server = start();
  for (const std::string coding : {"xchunked", "identity", "chunked, xchunked"}) {
    INFO(coding);
    raw_client client(*server);
    client.send("GET /metrics HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + coding +
                "\r\n\r\nGET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.receive().result_int() == 400);
    CHECK(client.rest().empty());
  }
}

TEST_CASE("a client that does not finish its request is cut off") {
  const auto server = start({.request_timeout = milliseconds{100}});
  raw_client silent(*server);
  CHECK(silent.rest().empty());
  raw_client slow(*server);
  slow.send("GET /metrics HT");
  CHECK(slow.rest().empty());
  raw_client bodiless(*server);
  bodiless.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(bodiless.rest().empty());
}

TEST_CASE("an idle connection is kept until the timeout") {
  const auto server = start({.idle_timeout = milliseconds{100}});
  raw_client client(*server);
  CHECK(client.ask("GET", "/metrics").keep_alive());
  CHECK(client.rest().empty());
}

TEST_CASE("a connection beyond the limit takes the place of the one idle longest") {
  const auto server = start({.max_connections = 2});
  raw_client first(*server);
  raw_client second(*server);
  CHECK(second.ask("GET", "/metrics").result_int() == 200);
  CHECK(first.ask("GET", "/metrics").result_int() == 200);
  raw_client third(*server);
  CHECK(third.ask("GET", "/metrics").result_int() == 200);
  CHECK(second.rest().empty());
  CHECK(first.ask("GET", "/metrics").result_int() == 200);
  CHECK(server->stats().evicted == 1);
  CHECK(server->stats().refused == 0);
}

TEST_CASE("while all are being answered, a further one gets 503 and more are closed") {
  const auto server = start({.max_connections = 1, .answer_grace = patience});
  raw_client first(*server);
  first.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"); // and does not read it
  REQUIRE(eventually([&] { return server->stats().answers[2] == 1; }));
  // Refused ones count as open until they have closed their side, or for a while: hence the third
  // comes before anything is waited for.
  {
    raw_client second(*server);
    raw_client third(*server);
    CHECK(second.receive().result_int() == 503);
    CHECK((third.rest().empty() || third.rest() == "reset"));
  }
  CHECK(server->stats().refused == 2);
  CHECK(first.receive().body().size() == large_page);
  // The place is free again.
  raw_client fourth(*server);
  CHECK(fourth.ask("GET", "/metrics").result_int() == 200);
}

TEST_CASE("however many clients say nothing, one that asks is answered") {
  const auto server = start(); // as prismd's
  // Of the prober's own address, or of others.
  const std::string from = GENERATE("127.0.0.1", "127.0.0.2");
  // Nothing, half a header, or a request and then nothing.
  const std::string said =
      GENERATE("", "GET /metrics HTTP/1.1\r\nHost:", "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
  std::vector<std::unique_ptr<raw_client>> silent;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 100; ++i) {
      silent.push_back(std::make_unique<raw_client>(*server, from));
      silent.back()->send(said);
    }
    raw_client prober(*server);
    CHECK(prober.ask("GET", "/metrics").result_int() == 200);
  }
  REQUIRE(eventually([&] { return server->stats().connections == 1212; }));
  const auto stats = server->stats();
  CHECK(stats.open <= 64);
  CHECK(stats.evicted >= 1100);
  CHECK(stats.refused == 0);
}

TEST_CASE(
    "an address cannot take the places of others, even with requests whose answers it leaves") {
  const auto server = start({.max_connections = 8, .max_per_address = 6, .answer_grace = patience});
  std::vector<std::unique_ptr<raw_client>> greedy;
  for (int i = 0; i < 20; ++i) {
    greedy.push_back(std::make_unique<raw_client>(*server, "127.0.0.2"));
    greedy.back()->send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  REQUIRE(eventually([&] { return server->stats().answers[2] == 6; }));
  raw_client prober(*server);
  CHECK(prober.ask("GET", "/metrics").result_int() == 200);
}

TEST_CASE("a client that takes nothing of its answer loses its place to another") {
  const auto server = start({.max_connections = 1, .answer_grace = milliseconds{1}});
  raw_client first(*server);
  first.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(eventually([&] { return server->stats().answers[2] == 1; }));
  CHECK(eventually([&] {
    raw_client second(*server);
    return second.ask("GET", "/metrics").result_int() == 200;
  }));
  CHECK(server->stats().evicted >= 1);
}

TEST_CASE("the one scraper of another address keeps its idle connection in a flood") {
  const auto server = start({.max_connections = 8});
  raw_client scraper(*server);
  CHECK(scraper.ask("GET", "/metrics").result_int() == 200);
  std::vector<std::unique_ptr<raw_client>> silent(100);
  for (auto& each : silent)
    each = std::make_unique<raw_client>(*server, "127.0.0.2");
  REQUIRE(eventually([&] { return server->stats().connections == 101; }));
  CHECK(scraper.ask("GET", "/metrics").result_int() == 200);
}

TEST_CASE("a stream gives one piece after the other until the client leaves") {
  const auto server = start();
  {
    raw_client client(*server);
    CHECK(client.open_stream() == "HTTP/1.1 200 OK\r\n");
    CHECK(client.line() == "piece 1\n");
    CHECK(client.line() == "piece 2\n");
    CHECK(client.line() == "piece 3\n");
    CHECK(server->stats().streams == 1);
  }
  CHECK(eventually([&] { return server->stats().streams == 0 && server->stats().open == 0; }));
}

TEST_CASE("HEAD of a stream has its headers and ends") {
  const auto server = start();
  raw_client client(*server);
  client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto text = client.rest();
  CHECK_THAT(text, Catch::StartsWith("HTTP/1.1 200") &&
                       Catch::Contains("Cache-Control: no-store") && Catch::EndsWith("\r\n\r\n"));
  CHECK(eventually([&] { return server->stats().streams == 0; }));
}

TEST_CASE("a further stream of all or of one address gets 503") {
  const auto server = start({.max_streams = 3, .max_streams_per_address = 2});
  std::vector<std::unique_ptr<raw_client>> clients;
  const auto open = [&](const std::string& from) {
    clients.push_back(std::make_unique<raw_client>(*server, from));
    return clients.back()->open_stream().substr(9, 3);
  };
  CHECK(open("127.0.0.2") == "200");
  CHECK(open("127.0.0.2") == "200");
  CHECK(open("127.0.0.2") == "503");
  CHECK(open("127.0.0.3") == "200");
  CHECK(open("127.0.0.4") == "503");
  CHECK(server->stats().streams == 3);
  clients.clear();
  CHECK(eventually([&] { return server->stats().streams == 0; }));
  CHECK(open("127.0.0.4") == "200");
}

TEST_CASE("a client that takes no pieces is cut, and none are made for it meanwhile") {
  const auto server = start({.request_timeout = milliseconds{200}});
  raw_client slow(*server);
  slow.send("GET /events?large HTTP/1.1\r\nHost: h\r\n\r\n");           // and does not read
  REQUIRE(eventually([&] { return server->stats().answers[2] == 1; })); // the stream has begun
  CHECK(eventually([&] { return server->stats().streams == 0; }));
  raw_client other(*server);
  CHECK(other.open_stream() == "HTTP/1.1 200 OK\r\n");
  CHECK(other.line() == "piece 2\n");
}

TEST_CASE("streams give way to a probe, and silent clients do not keep it out") {
  const auto server = start(); // as prismd's
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(
        std::make_unique<raw_client>(*server, "127.0.0." + std::to_string(2 + i / 4)));
    CHECK(clients.back()->open_stream() == "HTTP/1.1 200 OK\r\n");
  }
  raw_client prober(*server);
  CHECK(prober.ask("GET", "/metrics").result_int() == 200);
  for (int i = 0; i < 1000; ++i)
    clients.push_back(
        std::make_unique<raw_client>(*server, i % 2 == 0 ? "127.0.0.1" : "127.0.0.2"));
  raw_client late(*server);
  CHECK(late.ask("GET", "/metrics").result_int() == 200);
  CHECK(server->stats().refused == 0);

  const auto full = start({.max_connections = 1});
  raw_client stream(*full);
  CHECK(stream.open_stream() == "HTTP/1.1 200 OK\r\n");
  raw_client probe(*full);
  CHECK(probe.ask("GET", "/metrics").result_int() == 200);
  CHECK(eventually([&] { return full->stats().streams == 0; }));
}

TEST_CASE("stopping cuts streams") {
  const auto server = start();
  raw_client client(*server);
  CHECK(client.open_stream() == "HTTP/1.1 200 OK\r\n");
  server->stop();
  CHECK_THAT(client.rest(), !Catch::Contains("reset"));
  CHECK(server->stats().streams == 0);
}

TEST_CASE("stopping cuts open connections") {
  const auto server = start();
  raw_client client(*server);
  CHECK(client.ask("GET", "/metrics").result_int() == 200);
  server->stop();
  CHECK(client.rest().empty());
  CHECK(server->stats().open == 0);
}

TEST_CASE("an address in use and options out of range are errors that name them") {
  const auto server = start();
  const auto taken = http_server::start({.listen = {"127.0.0.1", server->port()}}, {});
  REQUIRE_FALSE(taken);
  CHECK_THAT(taken.error().message, Catch::Contains("127.0.0.1:" + std::to_string(server->port())));
  CHECK_THAT(http_server::start({.max_header_bytes = 10}, {}).error().message,
             Catch::Contains("max_header_bytes is 10"));
  CHECK_THAT(http_server::start({.max_connections = 0}, {}).error().message,
             Catch::Contains("max_connections"));
  CHECK_THAT(http_server::start({.idle_timeout = milliseconds{0}}, {}).error().message,
             Catch::Contains("idle_timeout"));
}
