#include "raw_link.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::chrono::minutes hour{60}; // of which there are halves

/// The texts of all that a node says about its peer: from its answer to our hello.
link_answer answer_to(const linked_node& node, const credentials& who, const link_hello& hello) {
  raw_link link(node.it->port(), who);
  link.send(write(hello));
  return link.answer();
}

} // namespace

TEST_CASE("nodes without a common version refuse each other, whoever dials", "[link]") {
  cluster_of_links c;
  auto older = c.options("a");
  auto newer = c.options("b");
  SECTION("the newer one is dialled") {}
  SECTION("the newer one dials") {
    std::swap(older, newer);
  }
  newer.version_min = 2;
  newer.version_max = 3;
  const linked_node one(older);
  const linked_node other(newer);
  introduce({&one, &other});
  const auto& dials = one.id < other.id ? one : other;
  const auto& dialled = one.id < other.id ? other : one;
  CHECK(eventually([&] { return dials.ended_with(dialled.id, link_end::refused) >= 1; }));
  CHECK(dialled.refused(link_end::refused) >= 1);
  CHECK(dials.log().empty());
  CHECK(dialled.log().empty());
}

TEST_CASE("what a hello says must fit", "[link]") {
  cluster_of_links c;
  const linked_node b(c.options("b"));
  const auto a = c.ca.issue("node-a", certificate_role::node, {"127.0.0.1"});
  b.it->set_peers({{.id = "a", .name = "node-a", .address = "127.0.0.1:1"},
                   {.id = "c", .name = "node-c", .address = "127.0.0.1:1"},
                   {.id = "aa", .name = "elsewhere", .address = "127.0.0.9:1"},
                   {.id = "ab", .name = "nowhere", .address = ""}});
  REQUIRE(eventually([&] { return b.it->stats().size() == 4; }));
  const link_hello good{.cluster = "test", .from = "a", .name = "node-a", .to = "b"};
  auto hello = good;
  SECTION("version") {
    hello.versions = {.min = 2, .max = 3};
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::refused);
    CHECK(answer.refusal ==
          "the peer speaks version 2 to 3 of the cluster's protocol, this node 1");
    CHECK(answer.versions == version_range{.min = 1, .max = 1});
  }
  SECTION("cluster") {
    hello.cluster = "elsewhere";
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::refused);
    CHECK_THAT(answer.refusal, Contains("wants cluster 'elsewhere', this node belongs to 'test'"));
  }
  SECTION("whom it wants") {
    hello.to = "b of yesterday";
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::unknown_peer);
    CHECK_THAT(answer.refusal, Contains("wants node 'b of yesterday', this one is 'b'"));
  }
  SECTION("who it is") {
    hello.from = "a0";
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::unknown_peer);
    CHECK_THAT(answer.refusal, Contains("does not know 'a0'"));
  }
  SECTION("ourselves") {
    hello.from = "b";
    CHECK(answer_to(b, a, hello).reason == link_end::unknown_peer);
  }
  SECTION("the wrong side") {
    hello.from = "c";
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::redundant);
    CHECK_THAT(answer.refusal, Contains("smaller UUID"));
  }
  SECTION("its host") {
    hello.from = "aa";
    const auto answer = answer_to(b, a, hello);
    CHECK(answer.reason == link_end::refused);
    CHECK_THAT(answer.refusal, Contains("does not carry the host '127.0.0.9'"));
  }
  SECTION("one without an address") {
    hello.from = "ab";
    CHECK_THAT(answer_to(b, a, hello).refusal, Contains("no address"));
  }
  CHECK(b.log().empty());
  raw_link link(b.it->port(), a);
  link.send(write(good));
  const auto answer = link.answer();
  CHECK(answer.refusal.empty());
  CHECK(answer.version == 1);
  CHECK(answer.cluster == "test");
  CHECK(answer.from == "b");
  CHECK(eventually([&] { return b.log() == "up a;"; }));
}

TEST_CASE("the dialling node rejects an answer that does not fit", "[link]") {
  cluster_of_links c;
  const linked_node a(c.options("a"));
  const auto b = c.ca.issue("node-b", certificate_role::node, {"127.0.0.1"});
  boost::asio::io_context io;
  raw_link::tcp::acceptor listener(io, {boost::asio::ip::address_v4::loopback(), 0});
  const auto port = listener.local_endpoint().port();
  link_answer answer{.version = 1, .cluster = "test", .from = "b", .name = "node-b"};
  auto wanted = link_end::refused;
  std::vector<std::byte> bytes;
  SECTION("cluster") {
    answer.cluster = "elsewhere";
  }
  SECTION("version") {
    answer.version = 2;
  }
  SECTION("another node") {
    answer.from = "x";
    wanted = link_end::unknown_peer;
  }
  SECTION("a refusal") {
    answer.refusal = "no";
  }
  SECTION("a refusal for now") {
    answer.refusal = "not yet";
    answer.reason = link_end::unknown_peer;
    wanted = link_end::unknown_peer;
  }
  SECTION("garbage") {
    bytes = std::vector<std::byte>(hello_limits::head, std::byte{7});
    wanted = link_end::handshake_failed;
  }
  SECTION("a body that is none") {
    bytes = write(answer);
    bytes.back() = std::byte{0};
    bytes[hello_limits::head + 4] = std::byte{9}; // the reply
    wanted = link_end::malformed;
  }
  if (bytes.empty())
    bytes = write(answer);
  a.it->set_peers({{.id = "b", .name = "node-b", .address = fmt::format("127.0.0.1:{}", port)}});
  {
    raw_link link(listener, b);
    const auto hello = must(parse_link_hello(link.hello(), {}));
    CHECK(hello.from == "a");
    CHECK(hello.to == "b");
    CHECK(hello.cluster == "test");
    link.send(bytes);
    CHECK(link.wait_for_end());
  }
  CHECK(eventually([&] { return a.ended_with("b", wanted) == 1; }));
  CHECK(a.log().empty());
}

TEST_CASE("a certificate that is not good is refused by the dialled node", "[link]") {
  cluster_of_links c;
  test_authority other;
  const linked_node b(c.options("b"));
  b.it->set_peers({{.id = "a", .name = "node-a", .address = "127.0.0.1:1"}});
  certificate_request odd{.name = "odd",
                          .role = certificate_role::node,
                          .hosts = {"127.0.0.1"},
                          .time = {.from = now() - hour, .until = now() + hour}};
  credentials who;
  SECTION("none") {}
  SECTION("of another authority") {
    who = other.issue("node-a", certificate_role::node, {"127.0.0.1"});
  }
  SECTION("expired") {
    odd.time.until = now() - hour / 2;
    who = c.ca.issue_odd(odd);
  }
  SECTION("of an operator") {
    odd.role = certificate_role::operating;
    who = c.ca.issue_odd(odd);
  }
  SECTION("revoked") {
    who = c.ca.issue("revoked", certificate_role::node, {"127.0.0.1"});
    must(c.ca.it.revoke("revoked", now()));
    // The file is read again.
    auto options = c.options("b2");
    options.check_interval = std::chrono::milliseconds{20};
    const linked_node fresh(options);
    raw_link link(fresh.it->port(), who);
    CHECK(link.hello().empty());
    CHECK(eventually([&] { return fresh.refused(link_end::handshake_failed) == 1; }));
    return;
  }
  raw_link link(b.it->port(), who);
  CHECK(link.hello().empty());
  CHECK(eventually([&] { return b.refused(link_end::handshake_failed) == 1; }));
  CHECK(b.log().empty());
}

TEST_CASE("a certificate that is not good is refused by the node that dials", "[link]") {
  cluster_of_links c;
  test_authority other;
  const linked_node a(c.options("a"));
  boost::asio::io_context io;
  raw_link::tcp::acceptor listener(io, {boost::asio::ip::address_v4::loopback(), 0});
  certificate_request odd{.name = "odd",
                          .role = certificate_role::node,
                          .hosts = {"127.0.0.1"},
                          .time = {.from = now() - hour, .until = now() + hour}};
  credentials who;
  SECTION("of another authority") {
    who = other.issue("node-b", certificate_role::node, {"127.0.0.1"});
  }
  SECTION("expired") {
    odd.time.until = now() - hour / 2;
    who = c.ca.issue_odd(odd);
  }
  SECTION("of another host") {
    odd.hosts = {"127.0.0.9"};
    who = c.ca.issue_odd(odd);
  }
  SECTION("of an operator") {
    odd.role = certificate_role::operating;
    who = c.ca.issue_odd(odd);
  }
  a.it->set_peers({{.id = "b",
                    .name = "node-b",
                    .address = fmt::format("127.0.0.1:{}", listener.local_endpoint().port())}});
  // The handshake fails on one side before the other.
  try {
    raw_link link(listener, who);
    CHECK(link.hello().empty());
  } catch (const boost::system::system_error&) {
  }
  CHECK(eventually([&] { return a.ended_with("b", link_end::handshake_failed) == 1; }));
  CHECK(a.log().empty());
}

TEST_CASE("a link ends when its peer's certificate is revoked, on both sides of the list",
          "[link]") {
  cluster_of_links c;
  auto options = c.options("a");
  options.check_interval = std::chrono::milliseconds{20};
  const linked_node a(options);
  auto other = c.options("b");
  other.check_interval = std::chrono::milliseconds{20};
  const linked_node b(other);
  introduce({&a, &b});
  REQUIRE(eventually([&] { return linked(a, b); }));
  SECTION("of the dialled node") {
    must(c.ca.it.revoke("node-b", now()));
    REQUIRE(eventually([&] { return a.downs(link_end::refused) == 1; }));
    CHECK_THAT(a.downs().front().text, Contains("revoked"));
    CHECK(eventually([&] { return a.ended_with("b", link_end::handshake_failed) >= 1; }));
  }
  SECTION("of the node that dials") {
    must(c.ca.it.revoke("node-a", now()));
    REQUIRE(eventually([&] { return b.downs(link_end::refused) == 1; }));
    CHECK(eventually([&] { return b.refused(link_end::handshake_failed) >= 1; }));
  }
  CHECK_FALSE(a.it->connected("b"));
}
