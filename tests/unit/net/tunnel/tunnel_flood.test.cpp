#include "world.hpp"

#include "net/tunnel/hello.hpp"

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;
using Catch::Matchers::Contains;

TEST_CASE("what is not TLS is refused", "[tunnel]") {
  world w;
  connection garbage(w.server->port());
  garbage.send("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n");
  garbage.socket.shutdown(connection::tcp::socket::shutdown_send);
  CHECK(garbage.wait_for_end());
  CHECK(eventually([&] { return w.refused(tunnel_refusal::not_tls) == 1; }));
}

TEST_CASE("a hello that drips has no more time than one that does not come", "[tunnel]") {
  world w({.handshake_limit = std::chrono::milliseconds{1000}});
  raw_client client(w, w.ca.issue("ann", certificate_role::viewing));
  const auto hello = write(client_hello{.cluster = "test"});
  // All but its last byte, over more time than there is.
  for (std::size_t i = 0; i + 1 < hello.size(); ++i) {
    boost::system::error_code cut;
    boost::asio::write(client.stream, boost::asio::buffer(&hello[i], 1), cut);
    std::this_thread::sleep_for(std::chrono::milliseconds{80}); // the drip
  }
  CHECK(eventually([&] { return w.refused(tunnel_refusal::too_slow) == 1; }));
  CHECK(client.plain.wait_for_end());
}

TEST_CASE("hundreds of connections that say nothing keep nobody out", "[tunnel]") {
  world w({.handshake_limit = patience});
  const auto who = w.ca.issue("ann", certificate_role::viewing);
  const auto before = must(w.open(who));
  connection local(before->port());
  std::list<connection> silent;
  for (int i = 0; i < 300; ++i)
    silent.emplace_back(w.server->port(), "127.0.0.2");
  CHECK(eventually([&] { return w.server->stats().connections == 301; }));
  CHECK(eventually([&] {
    return w.server->stats().handshaking == 16 && w.refused(tunnel_refusal::evicted) == 300 - 16;
  }));
  // Who is there stays, and others come in, from that address as well.
  local.send("still here");
  CHECK(local.receive(10) == "still here");
  CHECK(w.open(who));
  // Of five addresses that fill all places, too.
  for (int i = 0; i < 300; ++i)
    silent.emplace_back(w.server->port(), "127.0.0." + std::to_string(3 + i % 5));
  CHECK(eventually([&] { return w.server->stats().handshaking == 64; }));
  CHECK(w.open(who));
}

TEST_CASE("clients have a limit in all and by name", "[tunnel]") {
  world w({.max_clients = 3, .max_clients_per_name = 2});
  const auto ann = w.ca.issue("ann", certificate_role::viewing);
  const auto bob = w.ca.issue("bob", certificate_role::viewing);
  auto first = must(w.open(ann));
  const auto second = must(w.open(ann));
  CHECK_THAT(world::refusal(w.options_for(ann)),
             Contains("2 clients with certificates of the name 'ann' are connected"));
  const auto third = must(w.open(bob));
  CHECK_THAT(world::refusal(w.options_for(bob)), Contains("3 clients are connected"));
  CHECK(w.refused(tunnel_refusal::too_many) == 2);
  first.reset();
  CHECK(eventually([&] { return w.server->stats().open == 2; }));
  CHECK(w.open(bob));
}
