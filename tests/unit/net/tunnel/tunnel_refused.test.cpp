#include "world.hpp"

#include "net/tunnel/hello.hpp"
#include "tests/support/held_port.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::chrono::minutes hour{60}; // of which there are halves

std::string reason_in(const std::vector<std::byte>& answer) {
  if (answer.size() < hello_limits::head)
    return "no answer";
  const auto parsed = parse_server_hello(std::span{answer}.subspan(hello_limits::head));
  return parsed ? parsed->refusal : parsed.error().message;
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("a certificate that is not good is refused, and both sides say why", "[tunnel]") {
  world w;
  const auto good = w.ca.issue("good", certificate_role::viewing);
  certificate_request odd{.name = "odd",
                          .role = certificate_role::operating,
                          .hosts = {},
                          .time = {.from = now() - hour, .until = now() + hour}};
  SECTION("of another authority") {
    test_authority other;
    const auto stranger = other.issue("ann", certificate_role::operating);
    raw_client client(w, stranger);
    CHECK(client.receive_all().empty());
    CHECK(eventually([&] { return w.refused(tunnel_refusal::unknown_ca) == 1; }));
  }
  SECTION("expired") {
    odd.time.until = now() - hour / 2;
    raw_client client(w, w.ca.issue_odd(odd));
    CHECK(client.receive_all().empty());
    CHECK(eventually([&] { return w.refused(tunnel_refusal::expired) == 1; }));
  }
  SECTION("not yet valid") {
    odd.time.from = now() + hour / 2;
    const auto early = w.ca.issue_odd(odd);
    raw_client client(w, early);
    CHECK(client.receive_all().empty());
    CHECK(eventually([&] { return w.refused(tunnel_refusal::not_yet_valid) == 1; }));
  }
  SECTION("without a role") {
    odd.role.reset();
    raw_client client(w, w.ca.issue_odd(odd));
    CHECK(client.receive_all().empty());
    CHECK(eventually([&] { return w.refused(tunnel_refusal::bad_role) == 1; }));
  }
  SECTION("none at all") {
    raw_client client(w, {});
    CHECK(client.receive_all().empty());
    CHECK(eventually([&] { return w.refused(tunnel_refusal::no_certificate) == 1; }));
  }
  CHECK(w.present().empty());
  CHECK(w.server->stats().admitted == 0);
  // A good one is served all the same.
  CHECK(w.open(good));
}

TEST_CASE("a node of another authority is refused by the client", "[tunnel]") {
  world w;
  test_authority other;
  auto options = w.options_for(other.issue("ann", certificate_role::operating));
  options.ca_file = other.ca();
  CHECK_THAT(world::refusal(options),
             Contains("the node at 127.0.0.1") && Contains("it is not of the authority"));
  CHECK(eventually([&] { return w.refused(tunnel_refusal::disconnected) == 1; }));
}

TEST_CASE("a revoked certificate is refused, and cut if it is connected", "[tunnel]") {
  world w({.check_interval = std::chrono::milliseconds{20}});
  const auto who = w.ca.issue("ann", certificate_role::operating);
  const auto other = w.ca.issue("bob", certificate_role::viewing);
  const auto staying = must(w.open(other));
  const auto opened = must(w.open(who));
  must(w.ca.it.revoke("ann", now()));
  connection local(opened->port());
  CHECK(local.wait_for_end());
  CHECK(eventually([&] { return w.present().size() == 1; }));
  CHECK(w.server->stats().cut == 1);
  CHECK_THAT(world::refusal(w.options_for(who)),
             Contains("refused our certificate") && Contains("it is revoked"));
  CHECK(eventually([&] { return w.refused(tunnel_refusal::revoked) == 1; }));
  // Nobody else notices.
  connection other_local(staying->port());
  other_local.send("here");
  CHECK(other_local.receive(4) == "here");
}

TEST_CASE("a certificate that expires while it is connected is cut", "[tunnel]") {
  world w({.check_interval = std::chrono::milliseconds{20}});
  const auto who =
      w.ca.issue_odd({.name = "brief",
                      .role = certificate_role::viewing,
                      .hosts = {},
                      .time = {.from = now() - hour, .until = now() + std::chrono::seconds{3}}});
  const auto opened = w.open(who);
  if (!opened)
    return; // a machine that took three seconds for it
  connection local((*opened)->port());
  CHECK(local.wait_for_end());
  CHECK(eventually([&] { return w.server->stats().cut == 1; }));
}

TEST_CASE("files that cannot be used do not replace those in use", "[tunnel]") {
  world w({.check_interval = std::chrono::milliseconds{20}});
  const auto who = w.ca.issue("ann", certificate_role::viewing);
  must(write_whole_file(w.ca.crl(), "nonsense", file_readers::everyone, existing_file::replace));
  CHECK(eventually([&] { return w.server->stats().failed_reloads == 1; }));
  CHECK(w.open(who));
}

TEST_CASE("a node that is not the one expected is refused by the client", "[tunnel]") {
  world w;
  auto options = w.options_for(w.ca.issue("ann", certificate_role::viewing));
  SECTION("another name") {
    options.expected_name = "node-2";
    CHECK_THAT(world::refusal(options), Contains("it does not carry the name 'node-2'"));
  }
  SECTION("its own name will do") {
    options.expected_name = "node-1";
    CHECK(world::refusal(options) == "it was let in");
  }
  SECTION("another cluster") {
    options.cluster = "elsewhere";
    CHECK_THAT(world::refusal(options),
               Contains("the client wants cluster 'elsewhere', this node belongs to 'test'"));
    CHECK(w.refused(tunnel_refusal::wrong_cluster) == 1);
  }
  SECTION("nobody listens") {
    w.server->stop();
    CHECK_THAT(world::refusal(options), Contains("cannot connect to 127.0.0.1:"));
  }
  SECTION("its actors are not ready") {
    w.port_behind = 0;
    CHECK_THAT(world::refusal(options), Contains("not ready for operators yet"));
    CHECK(w.refused(tunnel_refusal::not_ready) == 1);
  }
  SECTION("nobody is at its inner port") {
    const prism::test::held_port nobody;
    w.port_behind = nobody.number();
    CHECK_THAT(world::refusal(options), Contains("does not answer on its inner port"));
  }
}

TEST_CASE("a server whose certificate is not a node's does not start", "[tunnel]") {
  test_authority ca;
  const auto start = [&](const credentials& who, const std::string& crl) {
    const auto started = tunnel_server::start({.ca_file = ca.ca(),
                                               .certificate_file = who.certificate,
                                               .key_file = who.key,
                                               .crl_file = crl},
                                              {.backend_port = [] { return std::uint16_t{0}; },
                                               .admitted = [](const auto&, const auto&) {},
                                               .left = [](const auto&) {}});
    return started ? "it started" : started.error().message;
  };
  const auto viewer = ca.issue("bob", certificate_role::viewing);
  const auto node = ca.issue("node-1", certificate_role::node);
  CHECK_THAT(start(viewer, ca.crl()), Contains("bob.crt"));
  CHECK_THAT(start({node.certificate, viewer.key}, ca.crl()), Contains("is not that of"));
  CHECK_THAT(start(node, ca.file("absent")), Contains("No such file"));
  CHECK(start(node, ca.crl()) == "it started");
  must(ca.it.revoke("node-1", now()));
  CHECK_THAT(start(node, ca.crl()), Contains("revoked"));
}

TEST_CASE("what is no hello is refused with a sentence", "[tunnel]") {
  world w;
  raw_client client(w, w.ca.issue("ann", certificate_role::viewing));
  SECTION("random bytes") {
    client.send(bytes_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK_THAT(reason_in(client.receive_all()), Contains("does not speak the protocol"));
    CHECK(w.refused(tunnel_refusal::bad_hello) == 1);
  }
  SECTION("a huge length") {
    client.send(bytes_of("PRISMtun\xFF\xFF"));
    CHECK_THAT(reason_in(client.receive_all()), Contains("65535 bytes exceeds the limit"));
    CHECK(w.refused(tunnel_refusal::bad_hello) == 1);
  }
  SECTION("versions that do not overlap") {
    client.send(write(client_hello{.versions = {.min = 2, .max = 5}, .cluster = "test"}));
    CHECK(reason_in(client.receive_all()) ==
          "the client speaks version 2 to 5 of the tunnel, the node 1");
    CHECK(w.refused(tunnel_refusal::wrong_version) == 1);
  }
  CHECK(w.server->stats().admitted == 0);
}
