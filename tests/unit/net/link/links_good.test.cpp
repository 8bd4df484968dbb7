#include "linked.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

TEST_CASE("two nodes link and carry messages in their order, both ways", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  CHECK_FALSE(a.it->send("b", message(0)));
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  std::vector<std::int64_t> sent;
  for (std::int64_t i = 0; i < 500; ++i) {
    sent.push_back(i);
    REQUIRE(a.it->send("b", message(i, {frame(static_cast<std::size_t>(i)), frame(3)})));
    REQUIRE(b.it->send("a", message(i)));
  }
  CHECK(eventually([&] { return b.numbers_of("a") == sent && a.numbers_of("b") == sent; }));
  CHECK(b.bytes_of("a") == 499 * 500 / 2 + 1500);
  CHECK(a.log() == "up b;");
  CHECK(b.log() == "up a;");
  // Who dials is the one with the smaller UUID.
  CHECK(a.it->totals().connections == 0);
  CHECK(b.it->totals().connections == 1);
  CHECK(eventually([&] {
    const auto one = a.it->stats().front();
    return one.open && one.version == 1 && one.round_trip.count() > 0 && one.messages_out == 500 &&
           one.messages_in == 500 && one.queued_bytes == 0;
  }));
}

TEST_CASE("three nodes that start at once have one link per pair", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  const linked_node n(c.options("n"));
  introduce({&a, &b, &n});
  REQUIRE(eventually([&] { return linked(a, b) && linked(a, n) && linked(b, n); }));
  REQUIRE(a.it->send("n", message(1)));
  REQUIRE(n.it->send("b", message(2)));
  REQUIRE(b.it->send("a", message(3)));
  CHECK(eventually([&] {
    return n.numbers_of("a") == std::vector<std::int64_t>{1} &&
           b.numbers_of("n") == std::vector<std::int64_t>{2} &&
           a.numbers_of("b") == std::vector<std::int64_t>{3};
  }));
  for (const auto* const each : {&a, &b, &n}) {
    CHECK(each->it->totals().opened == 2);
    CHECK(each->downs().empty());
  }
}

TEST_CASE("who is not known yet is refused, and let in soon after", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  a.it->set_peers({b.as_peer()});
  REQUIRE(eventually([&] { return a.ended_with("b", link_end::unknown_peer) >= 2; }));
  CHECK(b.refused(link_end::unknown_peer) >= 2);
  CHECK(a.log().empty());
  b.it->set_peers({a.as_peer()});
  CHECK(eventually([&] { return linked(a, b); }));
}

TEST_CASE("a node that starts again has another UUID", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  auto b = std::make_unique<linked_node>(c.options("b1", "node-b"));
  introduce({&a, b.get()});
  REQUIRE(eventually([&] { return linked(a, *b); }));
  auto options = c.options("b2", "node-b");
  options.listen.port = b->it->port(); // the same address
  b.reset();
  REQUIRE(eventually([&] { return a.downs(link_end::lost) == 1; }));
  b = std::make_unique<linked_node>(options);
  // Until the table says otherwise, the old UUID is dialled, where another answers.
  b->it->set_peers({a.as_peer()});
  REQUIRE(eventually([&] { return a.ended_with("b1", link_end::unknown_peer) >= 1; }));
  introduce({&a, b.get()});
  REQUIRE(eventually([&] { return linked(a, *b); }));
  CHECK(a.log() == "up b1;down b1 lost;up b2;");
  CHECK(a.it->stats().size() == 1);
}

TEST_CASE("links with those who are peers no longer end", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  const linked_node n(c.options("n"));
  introduce({&a, &b, &n});
  REQUIRE(eventually([&] { return linked(a, b) && linked(a, n) && linked(b, n); }));
  introduce({&a, &n});
  REQUIRE(eventually([&] {
    return a.downs(link_end::removed) == 1 && !a.it->connected("b") && a.it->stats().size() == 1;
  }));
  CHECK(eventually([&] { return n.downs(link_end::removed) == 1; }));
  CHECK_FALSE(a.it->send("b", message(1)));
  // b knows nothing of that yet, and dials n in vain.
  CHECK(eventually([&] { return b.ended_with("n", link_end::unknown_peer) >= 1; }));
  CHECK(linked(a, n));
  introduce({&a, &b, &n});
  CHECK(eventually([&] { return linked(a, b) && linked(b, n); }));
}

TEST_CASE("the newest version that both speak is taken", "[link]") {
  cluster_of_links c;
  auto old = c.options("a");
  old.version_min = 1;
  old.version_max = 2;
  auto recent = c.options("b");
  recent.version_min = 2;
  recent.version_max = 3;
  const linked_node a(old);
  const linked_node b(recent);
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  CHECK(a.ups().front().second == 2);
  CHECK(b.ups().front().second == 2);
}

TEST_CASE("messages of 8 MiB pass, a larger one ends the link", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  const std::size_t largest =
      link_limits::max_message - 2 - std::string(R"({"kind":"test","n":1})").size();
  std::vector<std::byte> bytes(largest);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 31 + i / 4099);
  REQUIRE(a.it->send("b", message(1, {std::make_shared<const std::vector<std::byte>>(bytes)})));
  REQUIRE(eventually([&] { return b.numbers_of("a").size() == 1; }));
  CHECK(b.last_payload() == bytes);
  CHECK_FALSE(a.it->send("b", message(2, {frame(largest + 1)})));
  REQUIRE(eventually([&] { return a.downs(link_end::malformed) == 1; }));
  // Nothing of it was sent, and the next link is as good as the first.
  REQUIRE(eventually([&] { return linked(a, b) && a.ups().size() == 2; }));
  CHECK(b.downs(link_end::lost) == 1);
  REQUIRE(a.it->send("b", message(3)));
  CHECK(eventually([&] { return b.numbers_of("a") == std::vector<std::int64_t>{1, 3}; }));
}

TEST_CASE("stopping ends links with a word, and no callback runs afterwards", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const linked_node b(c.options("b"));
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  b.it->stop();
  CHECK(b.log() == "up a;down a stopped;");
  CHECK_FALSE(b.it->connected("a"));
  CHECK_FALSE(b.it->send("a", message(1)));
  b.it->set_peers({});
  b.it->stop();
  CHECK(eventually([&] { return a.downs(link_end::lost) == 1; }));
  CHECK(eventually([&] { return a.ended_with("b", link_end::connect_failed) >= 1; }));
  CHECK(b.log() == "up a;down a stopped;");
}

TEST_CASE("options that make no sense are refused", "[link]") {
  cluster_of_links c;
  const auto refused = [&](const std::function<void(links_options&)>& change) {
    auto options = c.options("a");
    change(options);
    const auto started = links::start(
        options, {.up = [](auto&&...) {}, .down = [](auto&&...) {}, .received = [](auto&&...) {}});
    return started ? "it started" : started.error().message;
  };
  using Catch::Matchers::Contains;
  CHECK(refused([](auto&) {}) == "it started");
  CHECK_THAT(refused([](auto& o) { o.id = ""; }), Contains("id of a node"));
  CHECK_THAT(refused([](auto& o) { o.version_min = 2; }), Contains("no range"));
  CHECK_THAT(refused([](auto& o) { o.silence_limit = o.ping_interval; }), Contains("silence"));
  CHECK_THAT(refused([](auto& o) { o.max_handshakes = 0; }), Contains("at least 1"));
  CHECK_THAT(refused([](auto& o) { o.key_file = "/nowhere"; }), Contains("/nowhere"));
  const auto own = c.ca.issue("ann", certificate_role::operating);
  CHECK_THAT(refused([&](auto& o) {
               o.certificate_file = own.certificate;
               o.key_file = own.key;
             }),
             Contains("unsuitable certificate purpose"));
}
