#include "tests/support/swallowing_address.hpp"
#include "tests/unit/net/support/fetching.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using prism::test::swallowing_address;
using namespace std::chrono_literals;

namespace {

using request = web_server::request;
using connection = web_server::connection;

void say_hello(const request& asked, connection& to) {
  to.answer(200, "hello " + asked.host + asked.target);
}

std::string code_of(const expected<http_answer>& result) {
  return result ? std::to_string(result->status) : std::string{to_string(result.error().code)};
}

} // namespace

TEST_CASE("A page is fetched over http if that is allowed") {
  fetching f{local_options()};
  web_server server{say_hello};
  f.names.add_address("good.test", "127.0.0.1");
  const auto answer = f.get("http://good.test:" + server.port() + "/a?b=c");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello good.test/a?b=c");
  CHECK(f.inside([](const auto& client) { return client.stats().answered; }) == 1);
  CHECK(f.inside([](const auto& client) { return client.in_flight(); }) == 0);
}

TEST_CASE("A page is fetched over https only from the host that the certificate names") {
  const temporary_directory files;
  certificate_authority ours{files, "ours"};
  certificate_authority other{files, "other"};
  const auto named = ours.issue("DNS:good.test");
  const auto stranger = other.issue("DNS:good.test");
  web_server good{say_hello, named.certificate, named.key};
  web_server bad{say_hello, stranger.certificate, stranger.key};
  fetching f{local_options(), ours.file()};
  for (const char* name : {"good.test", "wrong.test"})
    f.names.add_address(name, "127.0.0.1");
  CHECK(code_of(f.get("https://good.test:" + good.port() + "/")) == "200");
  const auto wrong = f.get("https://wrong.test:" + good.port() + "/");
  CHECK(code_of(wrong) == "io");
  CHECK_THAT(wrong.error().message, Catch::Contains("hostname mismatch"));
  const auto unknown = f.get("https://good.test:" + bad.port() + "/");
  CHECK(code_of(unknown) == "io");
  CHECK_THAT(unknown.error().message, Catch::Contains("certificate"));
}

TEST_CASE("An untrusted name or URL never leads into our own network") {
  http_client_options options;
  fetching f{options};
  web_server server{say_hello};
  f.names.add_address("inside.test", "127.0.0.1");
  f.names.add_address("mapped.test", "::ffff:127.0.0.1");
  f.names.add_address("meta.test", "169.254.169.254");
  for (const char* host : {"inside.test", "mapped.test", "meta.test", "127.0.0.1", "[::1]",
                           "[::ffff:127.0.0.1]", "localhost"}) {
    INFO(host);
    const auto answer = f.get(fmt::format("https://{}:{}/", host, server.port()));
    CHECK(code_of(answer) == "invalid");
  }
  CHECK(code_of(f.get("http://inside.test:" + server.port() + "/")) == "invalid");
  CHECK(server.connections() == 0);
  CHECK(f.inside([](const auto& client) { return client.stats().refused; }) == 8);

  const auto trusted =
      f.fetch({.url = "http://inside.test:" + server.port() + "/", .trusted = true});
  CHECK(code_of(trusted) == "200");
}

TEST_CASE("Of a name with public and private addresses only the public ones are tried") {
  http_client_options options;
  options.timeout = 1s;
  fetching f{options};
  web_server server{say_hello};
  f.names.add_address("mixed.test", "127.0.0.1");
  f.names.add_address("mixed.test", "2a00::1"); // public, and nobody is there
  f.names.add_address("mixed.test", "::ffff:127.0.0.1");
  const auto answer = f.get("https://mixed.test:" + server.port() + "/");
  const auto code = code_of(answer);
  CHECK((code == "io" || code == "timeout"));
  CHECK(server.connections() == 0);
}

TEST_CASE("A name that resolves differently after the check is not followed") {
  http_client_options options;
  options.timeout = 1s;
  fetching f{options};
  web_server server{say_hello};
  f.names.add_address("rebound.test", "2a00::1");
  f.names.rebind("rebound.test", "127.0.0.1");
  const auto url = "https://rebound.test:" + server.port() + "/";
  const auto first = code_of(f.get(url));
  CHECK((first == "io" || first == "timeout"));
  CHECK(code_of(f.get(url)) == "invalid"); // now it is private from the start
  CHECK(server.connections() == 0);
}

TEST_CASE("A redirect of a trusted URL is untrusted") {
  fetching f;
  web_server inside{say_hello};
  web_server outside{[&](const request&, connection& to) {
    to.answer(302, "", "Location: http://127.0.0.1:" + inside.port() + "/\r\n");
  }};
  const auto answer = f.fetch(
      {.url = "http://127.0.0.1:" + outside.port() + "/", .max_redirects = 5, .trusted = true});
  CHECK(code_of(answer) == "invalid");
  CHECK(inside.connections() == 0);
}

TEST_CASE("Redirects are followed up to the limit") {
  fetching f{local_options()};
  std::atomic<int> left{0};
  web_server server{[&](const request&, connection& to) {
    if (left-- > 0)
      to.answer(301, "", "Location: /next\r\n");
    else
      to.answer(200, "there");
  }};
  const std::string url = "http://127.0.0.1:" + server.port() + "/";
  left = 2;
  CHECK(code_of(f.fetch({.url = url, .max_redirects = 2})) == "200");
  left = 3;
  CHECK(code_of(f.fetch({.url = url, .max_redirects = 2})) == "invalid");
  left = 1;
  CHECK(code_of(f.fetch({.url = url})) == "invalid");
  left = 1'000'000;
  CHECK(code_of(f.fetch({.url = url, .max_redirects = 5})) == "invalid");
}

TEST_CASE("A huge response is cut off, with or without a declared size") {
  fetching f{local_options()};
  std::atomic<bool> tells{true};
  std::atomic<bool> gone{false};
  web_server server{[&](const request&, connection& to) {
    to.write(tells ? "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
                   : "HTTP/1.1 200 OK\r\n\r\n");
    while (to.write(std::string(65'536, 'x')))
      ;
    gone = true;
  }};
  for (const bool each : {true, false}) {
    tells = each;
    gone = false;
    const auto answer =
        f.fetch({.url = "http://127.0.0.1:" + server.port() + "/", .max_bytes = 1'000});
    CHECK(code_of(answer) == "limit");
    CHECK(eventually([&] { return gone.load(); }));
  }
}

TEST_CASE("Huge headers are cut off") {
  fetching f{local_options()};
  web_server server{[](const request&, connection& to) {
    to.write("HTTP/1.1 200 OK\r\n");
    while (to.write("X-Padding: " + std::string(1'000, 'x') + "\r\n"))
      ;
  }};
  CHECK(code_of(f.get("http://127.0.0.1:" + server.port() + "/")) == "limit");
}

TEST_CASE("A response that is not HTTP or is truncated is an error of the host") {
  fetching f{local_options()};
  std::atomic<const char*> bytes{""};
  web_server server{[&](const request&, connection& to) { to.write(bytes.load()); }};
  for (const char* each : {"", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                           "HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", "HTTP/1.1 200"}) {
    bytes = each;
    INFO(each);
    CHECK(code_of(f.get("http://localhost:" + server.port() + "/")) != "200");
  }
}

TEST_CASE("Status 429 and 5xx are errors, any other status is a response") {
  auto options = local_options();
  options.limits.circuit.failures = 100;
  fetching f{options};
  std::atomic<int> status{0};
  web_server server{[&](const request&, connection& to) { to.answer(status, "{}"); }};
  const auto ask = [&](int each) {
    status = each;
    return code_of(f.get("http://127.0.0.1:" + server.port() + "/"));
  };
  CHECK(ask(404) == "404");
  CHECK(ask(400) == "400");
  CHECK(ask(204) == "204");
  CHECK(ask(500) == "io");
  CHECK(ask(503) == "io");
  CHECK(ask(429) == "io");
}

TEST_CASE("A request ends at its time limit, wherever the host delays") {
  fetching f{local_options(1s), "", hurried_dns()};
  f.names.set_mood("silent.test", dns_server::mood::silent);
  std::atomic<int> way{0};
  web_server server{[&](const request&, connection& to) {
    if (way == 0)
      return to.hang();
    to.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    if (way == 1)
      return to.hang();
    while (to.write("x")) // a byte now and then
      std::this_thread::sleep_for(20ms);
  }};
  for (int each = 0; each < 3; ++each) {
    way = each;
    CHECK(code_of(f.get("http://127.0.0.1:" + server.port() + "/")) == "timeout");
  }
  CHECK(code_of(f.get("http://silent.test/")) == "timeout");
  CHECK(f.inside([](const auto& client) { return client.stats().timed_out; }) == 4);
  CHECK(eventually([&] { return server.open() == 0; }));
}

TEST_CASE("A host that hangs in the TLS handshake is abandoned at the time limit") {
  fetching f{local_options(1s)};
  web_server plain{[](const request&, connection& to) { to.hang(); }};
  CHECK(code_of(f.get("https://127.0.0.1:" + plain.port() + "/")) != "200");
}

TEST_CASE("A hanging host gets few requests and does not delay a healthy one") {
  constexpr auto limit = 5s;
  auto options = local_options(limit);
  options.limits.max_in_flight = 2;
  options.limits.rate = options.limits.burst = 1'000;
  options.limits.circuit = {.failures = 2, .pause = 1h, .max_pause = 1h};
  fetching f{options};
  web_server bad{[](const request&, connection& to) { to.hang(); }};
  web_server good{say_hello};
  for (const char* name : {"bad.test", "good.test"})
    f.names.add_address(name, "127.0.0.1");
  const std::string bad_url = "http://bad.test:" + bad.port() + "/";
  const auto begin = std::chrono::steady_clock::now();
  auto first = f.start({.url = bad_url});
  auto second = f.start({.url = bad_url});
  REQUIRE(eventually([&] { return bad.open() == 2; }));
  CHECK(code_of(f.get(bad_url)) == "transient"); // at once: two are under way
  for (int i = 0; i < 50; ++i)
    REQUIRE(code_of(f.get("http://good.test:" + good.port() + "/")) == "200");
  const auto still_open = bad.open();
  // Still two, so all requests to the healthy host have completed; not checked if the machine was
  // so slow that the limit has passed.
  if (std::chrono::steady_clock::now() - begin < limit)
    CHECK(still_open == 2);
  CHECK(code_of(fetching::finish(std::move(first))) == "timeout");
  CHECK(code_of(fetching::finish(std::move(second))) == "timeout");
  CHECK(code_of(f.get(bad_url)) == "transient"); // its circuit is open
  CHECK(code_of(f.get("http://good.test:" + good.port() + "/")) == "200");
  CHECK(bad.connections() == 2);
  CHECK(bad.max_open() == 2);
  CHECK(f.inside([](const auto& client) { return client.limiter().open_circuits(); }) == 1);
  CHECK(f.inside([](const auto& client) { return client.stats().held_back; }) == 2);
}

TEST_CASE("Many names of one address share its limit") {
  auto options = local_options();
  options.max_per_address = 3;
  fetching f{options};
  web_server server{[](const request&, connection& to) { to.hang(); }};
  std::vector<std::future<expected<http_answer>>> under_way;
  for (int i = 0; i < 3; ++i) {
    const auto name = std::to_string(i) + ".test";
    f.names.add_address(name, "127.0.0.1");
    under_way.push_back(f.start({.url = "http://" + name + ":" + server.port() + "/"}));
  }
  REQUIRE(eventually([&] { return server.open() == 3; }));
  f.names.add_address("one-more.test", "127.0.0.1");
  CHECK(code_of(f.get("http://one-more.test:" + server.port() + "/")) == "transient");
  f.stop();
  for (auto& each : under_way)
    CHECK(code_of(fetching::finish(std::move(each))) == "cancelled");
}

TEST_CASE("Requests in flight are bounded in total") {
  auto options = local_options();
  options.max_in_flight = 2;
  fetching f{options};
  web_server server{[](const request&, connection& to) { to.hang(); }};
  std::vector<std::future<expected<http_answer>>> under_way;
  for (int i = 0; i < 2; ++i)
    under_way.push_back(f.start({.url = "http://127.0.0.1:" + server.port() + "/"}));
  REQUIRE(eventually([&] { return server.open() == 2; }));
  CHECK(code_of(f.get("http://localhost:" + server.port() + "/")) == "transient");
  f.stop();
  for (auto& each : under_way)
    CHECK(code_of(fetching::finish(std::move(each))) == "cancelled");
  CHECK(code_of(f.get("http://localhost:" + server.port() + "/")) == "cancelled");
}

TEST_CASE("A host with a dead address is reached at its other address") {
  fetching f{local_options()};
  web_server server{say_hello};
  f.names.add_address("two.test", "127.0.0.2"); // nobody listens there
  f.names.add_address("two.test", "127.0.0.1");
  CHECK(code_of(f.get("http://two.test:" + server.port() + "/")) == "200");
}

TEST_CASE("A host with an address that swallows every packet is reached at its other address") {
  fetching f{local_options()};
  web_server server{say_hello};
  const auto port = static_cast<std::uint16_t>(std::stoi(server.port()));
  const swallowing_address bad("127.0.1.4", port, swallowing_address::what::packets);
  f.names.add_address("two.test", "127.0.1.4");
  f.names.add_address("two.test", "127.0.0.1");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(code_of(f.get("http://two.test:" + server.port() + "/")) == "200");
  CHECK(std::chrono::steady_clock::now() - begin < patience / 3);
}

TEST_CASE(
    "A host with an address that hangs in the TLS handshake is reached at its other address") {
  const temporary_directory files;
  certificate_authority ours{files, "ours"};
  const auto named = ours.issue("DNS:two.test");
  web_server server{say_hello, named.certificate, named.key};
  fetching f{local_options(10s), ours.file()};
  const auto port = static_cast<std::uint16_t>(std::stoi(server.port()));
  const swallowing_address bad("127.0.1.4", port, swallowing_address::what::bytes);
  f.names.add_address("two.test", "127.0.1.4");
  f.names.add_address("two.test", "127.0.0.1");
  CHECK(code_of(f.get("https://two.test:" + server.port() + "/")) == "200");
  CHECK(bad.was_tried());
}
