#include "raw_link.hpp"
#include "shaky_network.hpp"
#include "tests/support/swallowing_address.hpp"

#include <atomic>
#include <random>
#include <thread>
#include <utility>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

/// Node b and a peer "a" of our own making, which is linked with it.
struct with_raw_dialler {
  explicit with_raw_dialler(const std::function<void(links_options&)>& change = [](auto&) {}) {
    auto options = c.options("b");
    change(options);
    b = std::make_unique<linked_node>(options);
    own = c.ca.issue("raw", certificate_role::node, {"127.0.0.1"});
    b->it->set_peers({{.id = "a", .name = "raw", .address = "127.0.0.1:1"}});
    REQUIRE(eventually([&] { return b->it->stats().size() == 1; }));
  }

  [[nodiscard]] static std::vector<std::byte> hello() {
    return write(link_hello{.cluster = "test", .from = "a", .name = "raw", .to = "b"});
  }
  [[nodiscard]] std::unique_ptr<raw_link> open() const {
    const auto before = b->ups().size();
    auto out = std::make_unique<raw_link>(b->it->port(), own);
    out->send(hello());
    REQUIRE(out->answer().refusal.empty());
    REQUIRE(eventually([&] { return b->ups().size() > before; }));
    return out;
  }

  cluster_of_links c;
  credentials own;
  std::unique_ptr<linked_node> b;
};

} // namespace

TEST_CASE("bytes that come one by one are a hello and messages like any other", "[link]") {
  const with_raw_dialler w;
  raw_link link(w.b->it->port(), w.own);
  const auto drip = [&](const std::vector<std::byte>& bytes) {
    for (const auto each : bytes)
      link.send(std::span{&each, 1});
  };
  drip(with_raw_dialler::hello());
  REQUIRE(link.answer().refusal.empty());
  for (std::int64_t n = 0; n < 10; ++n) {
    drip(must(encode_link_head(message(n, {frame(20)}))));
    drip(*frame(20));
  }
  CHECK(eventually([&] { return w.b->numbers_of("a").size() == 10; }));
  CHECK(w.b->bytes_of("a") == 200);
}

TEST_CASE("a peer that says nothing is given up", "[link]") {
  const with_raw_dialler w([](auto& o) {
    o.ping_interval = 100ms;
    o.silence_limit = 400ms;
  });
  const auto link = w.open();
  CHECK(link->kind() == "ping");
  CHECK(eventually([&] { return w.b->downs(link_end::silent) == 1; }));
  CHECK(w.b->log() == "up a;down a silent;");
  CHECK(link->wait_for_end());
}

TEST_CASE("a message that comes slowly is a sign of life", "[link]") {
  const with_raw_dialler w([](auto& o) {
    o.ping_interval = 100ms;
    o.silence_limit = 2000ms;
  });
  const auto link = w.open();
  link->send(must(encode_link_head(message(1, {frame(30)}))));
  for (int i = 0; i < 30; ++i) {
    std::this_thread::sleep_for(100ms); // the slowness: 3 s in all
    link->send(*frame(1));
  }
  CHECK(eventually([&] { return w.b->numbers_of("a").size() == 1; }));
  CHECK(w.b->log() == "up a;");
}

TEST_CASE("a peer that takes nothing is given up, though it speaks", "[link]") {
  const with_raw_dialler w([](auto& o) {
    o.ping_interval = 100ms;
    o.silence_limit = 1000ms;
  });
  const auto link = w.open();
  std::atomic<bool> over{false};
  std::thread speaks([&] {
    const auto head = must(encode_link_head(message(0)));
    while (!over && link->try_send(head))
      std::this_thread::sleep_for(50ms); // the pace at which it speaks
  });
  const auto large = frame(std::size_t{1} << 20U);
  for (int i = 0; i < 40; ++i) // more than the system's buffers take
    CHECK(w.b->it->send("a", message(i, {large})));
  const bool ended = eventually([&] { return w.b->downs(link_end::silent) == 1; });
  over = true;
  speaks.join();
  REQUIRE(ended);
  CHECK_THAT(w.b->downs().front().text, Contains("has taken nothing"));
}

TEST_CASE("a link with too much to write ends", "[link]") {
  const with_raw_dialler w([](auto& o) { o.max_queued_bytes = std::size_t{4} << 20U; });
  const auto link = w.open(); // and reads no more
  const auto large = frame(std::size_t{256} << 10U);
  int sent = 0;
  while (w.b->it->send("a", message(sent, {large})) && sent < 1000)
    ++sent;
  CHECK(sent >= 15);
  CHECK(sent < 1000);
  REQUIRE(eventually([&] { return w.b->downs(link_end::overflow) == 1; }));
  CHECK(w.b->log() == "up a;down a overflow;");
  // The next link begins with nothing.
  const auto next = w.open();
  REQUIRE(eventually([&] { return w.b->it->connected("a"); }));
  CHECK(w.b->it->stats().front().queued_bytes < 1000);
}

TEST_CASE("what is malformed ends its link and harms no other", "[link]") {
  with_raw_dialler w;
  const linked_node other(w.c.options("n"));
  w.b->it->set_peers({{.id = "a", .name = "raw", .address = "127.0.0.1:1"}, other.as_peer()});
  other.it->set_peers({w.b->as_peer()});
  REQUIRE(eventually([&] { return linked(*w.b, other); }));
  const std::string wordless = R"({"kind":"ping"})";
  const std::vector<std::vector<std::byte>> bad{
      bytes_of("GET / HTTP/1.1\r\n\r\n"),
      std::vector<std::byte>(100, std::byte{0}),
      std::vector<std::byte>(100, std::byte{0xFF}),
      bytes_of(std::string("\0\0\0\5\0\3abc", 9)),
      bytes_of(std::string("\0\0\0\4\0\2{}", 8)),
      bytes_of(std::string("\0\0\0\x11\0\x0F", 6) + wordless),
      must(encode_link_head({.head = {{"kind", "ping"}, {"number", "x"}}, .payload = {}})),
      must(encode_link_head({.head = {{"kind", "pong"}, {"number", -1}}, .payload = {}}))};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto link = w.open();
    static_cast<void>(link->try_send(bad[i]));
    CHECK(link->wait_for_end());
    CHECK(eventually([&] { return w.b->downs(link_end::malformed) == i + 1; }));
  }
  REQUIRE(other.it->send("b", message(1)));
  CHECK(eventually([&] { return w.b->numbers_of("n").size() == 1; }));
  CHECK(w.b->downs().size() == bad.size());
  CHECK(other.downs().empty());
}

TEST_CASE("random bytes do no harm, neither as a hello nor as messages", "[link]") {
  const with_raw_dialler w;
  std::mt19937 random(13);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::byte> garbage(random() % 3000);
    for (auto& each : garbage)
      each = static_cast<std::byte>(random());
    if (round % 3 == 0) {
      connection plain(w.b->it->port());
      boost::system::error_code ignored;
      boost::asio::write(plain.socket, boost::asio::buffer(garbage), ignored);
    } else if (round % 3 == 1) {
      raw_link link(w.b->it->port(), w.own);
      static_cast<void>(link.try_send(garbage));
    } else {
      const auto link = w.open();
      static_cast<void>(link->try_send(garbage));
    }
  }
  CHECK(eventually([&] { return w.b->it->totals().handshaking == 0; }));
  const auto link = w.open();
  link->send(message(7));
  CHECK(eventually([&] {
    const auto numbers = w.b->numbers_of("a");
    return !numbers.empty() && numbers.back() == 7;
  }));
}

TEST_CASE("a second link of the same peer takes the place of the first", "[link]") {
  const with_raw_dialler w;
  const auto first = w.open();
  REQUIRE(eventually([&] { return w.b->log() == "up a;"; }));
  const auto second = w.open();
  CHECK(first->wait_for_end());
  CHECK(eventually([&] { return w.b->log() == "up a;down a redundant;up a;"; }));
  second->send(message(2));
  CHECK(eventually([&] { return w.b->numbers_of("a") == std::vector<std::int64_t>{2}; }));
}

TEST_CASE("hundreds of connections that say nothing keep no peer out", "[link]") {
  const with_raw_dialler w([](auto& o) { o.connect_limit = patience; });
  std::list<connection> silent;
  for (int i = 0; i < 300; ++i)
    silent.emplace_back(w.b->it->port(), "127.0.0." + std::to_string(1 + i % 7));
  REQUIRE(eventually([&] { return w.b->it->totals().connections == 300; }));
  CHECK(eventually([&] { return w.b->it->totals().handshaking == 64; }));
  CHECK(eventually([&] { return w.b->refused(link_end::handshake_failed) == 300 - 64; }));
  const auto link = w.open();
  CHECK(eventually([&] { return w.b->log() == "up a;"; }));
}

TEST_CASE("a handshake has its time, on both sides", "[link]") {
  SECTION("nothing comes") {
    const with_raw_dialler w([](auto& o) { o.connect_limit = 200ms; });
    connection silent(w.b->it->port());
    CHECK(silent.wait_for_end());
    CHECK(eventually([&] { return w.b->refused(link_end::handshake_failed) == 1; }));
  }
  SECTION("the hello does not come") {
    const with_raw_dialler w([](auto& o) { o.connect_limit = 1s; });
    raw_link silent(w.b->it->port(), w.own);
    CHECK(silent.wait_for_end());
    CHECK(eventually([&] { return w.b->refused(link_end::handshake_failed) == 1; }));
  }
  cluster_of_links c;
  auto options = c.options("a");
  options.connect_limit = 200ms;
  const linked_node a(options);
  const auto dials = [&](const std::string& address) {
    a.it->set_peers({{.id = "b", .name = "b", .address = address}});
  };
  SECTION("nobody answers") {
    const prism::test::swallowing_address nobody("127.0.13.1", 9466,
                                                 prism::test::swallowing_address::what::packets);
    dials("127.0.13.1:9466");
    CHECK(eventually([&] { return a.ended_with("b", link_end::connect_failed) >= 2; }));
  }
  SECTION("nobody speaks") {
    const prism::test::swallowing_address nobody("127.0.13.2", 9466,
                                                 prism::test::swallowing_address::what::bytes);
    dials("127.0.13.2:9466");
    CHECK(eventually([&] { return a.ended_with("b", link_end::handshake_failed) >= 2; }));
  }
  SECTION("nobody listens") {
    dials("127.0.0.1:1");
    CHECK(eventually([&] { return a.ended_with("b", link_end::connect_failed) >= 2; }));
  }
  CHECK(a.log().empty());
}

TEST_CASE("after a cut that one side does not see, the next link takes the place", "[link]") {
  cluster_of_links c;
  auto quick = c.options("a");
  quick.ping_interval = 200ms;
  quick.silence_limit = 2s;
  auto patient = c.options("b");
  patient.silence_limit = patience;
  const linked_node a(quick);
  const linked_node b(patient);
  shaky_network network(b.it->port());
  auto peer = b.as_peer();
  peer.address = fmt::format("127.0.0.1:{}", network.port());
  b.it->set_peers({a.as_peer()});
  a.it->set_peers({peer});
  REQUIRE(eventually([&] { return linked(a, b); }));
  network.swallow();
  REQUIRE(eventually([&] { return a.ups().size() == 2 && b.ups().size() == 2; }));
  CHECK(a.log() == "up b;down b silent;up b;");
  CHECK(b.log() == "up a;down a redundant;up a;");
  REQUIRE(b.it->send("a", message(1)));
  CHECK(eventually([&] { return a.numbers_of("b").size() == 1; }));
}

TEST_CASE("a link that is cut every 100 ms comes back each time", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  shaky_network network(b.it->port());
  auto peer = b.as_peer();
  peer.address = fmt::format("127.0.0.1:{}", network.port());
  b.it->set_peers({a.as_peer()});
  a.it->set_peers({peer});
  constexpr std::size_t wanted = 10;
  std::atomic<bool> done{false};
  std::thread cuts([&] {
    // Less often on a machine that has not made a link by then.
    auto between = 100ms;
    const auto end = std::chrono::steady_clock::now() + patience;
    for (std::size_t links = 0; links < wanted && std::chrono::steady_clock::now() < end;) {
      std::this_thread::sleep_for(between); // the time between two cuts
      const auto before = std::exchange(links, a.ups().size());
      between = links > before ? 100ms : between + 100ms;
      network.cut();
    }
    done = true;
  });
  std::int64_t n = 0;
  while (!done) {
    static_cast<void>(a.it->send("b", message(n++, {frame(1000)})));
    static_cast<void>(b.it->send("a", message(n++, {frame(1000)})));
    std::this_thread::yield();
  }
  cuts.join();
  // Neither end may have seen the last cut yet: a message is lost with its link, and only then.
  const auto arrives = [](const linked_node& from, const linked_node& to) {
    auto ended = from.downs().size();
    auto sent = from.it->send(to.id, message(-7));
    return eventually([&] {
      if (!sent || from.downs().size() != ended) {
        ended = from.downs().size();
        sent = from.it->send(to.id, message(-7));
      }
      const auto all = to.numbers_of(from.id);
      return !all.empty() && all.back() == -7;
    });
  };
  REQUIRE(arrives(a, b));
  REQUIRE(arrives(b, a));
  CHECK(a.ups().size() >= wanted);
  CHECK(a.ups().size() == a.downs().size() + 1);
  CHECK(b.ups().size() == b.downs().size() + 1);
  // What has come is in the order in which it was sent.
  auto numbers = b.numbers_of("a");
  std::erase(numbers, -7);
  CHECK(std::ranges::is_sorted(numbers));
}
