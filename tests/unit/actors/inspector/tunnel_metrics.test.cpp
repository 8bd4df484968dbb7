#include "actors/inspector/inspection.hpp"
#include "net/certificates/authority.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/net/support/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
namespace asio = boost::asio;

TEST_CASE("each scrape shows what the tunnel has counted, without any actor") {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const net::test::temporary_directory directory;
  auto made =
      net::authority::create(directory.file("ca"), "test", now, net::existing_file::keep).value();
  REQUIRE(made.issue({.name = "node-1",
                      .role = net::certificate_role::node,
                      .hosts = {"127.0.0.1"},
                      .days = std::chrono::days{9}},
                     now, net::existing_file::keep));
  config::options options;
  options.tunnel_listen = "127.0.0.1:0";
  options.tunnel_authority = made.directory() + "/ca.crt";
  options.tunnel_revoked = made.directory() + "/crl.pem";
  options.tunnel_certificate = made.directory() + "/node-1.crt";
  options.tunnel_key = made.directory() + "/node-1.key";
  actor_fixture bench(options);
  auto& metrics = bench.node->metrics;
  const auto value = [&](const std::string& family, const std::string& label) {
    for (const auto& each : metrics.read(family))
      if (each.family == family && (label.empty() || each.labels.begin()->second == label))
        return each.value;
    return -1.0;
  };
  CHECK(value("prism_tunnel_certificate_expiry_timestamp_seconds", "") == 0);
  auto seen = inspection::start(bench.node).value();
  const auto expires = std::chrono::seconds{now.time_since_epoch()} + std::chrono::days{9};
  CHECK(value("prism_tunnel_certificate_expiry_timestamp_seconds", "") ==
        static_cast<double>(expires.count()));

  asio::io_context context;
  asio::ip::tcp::socket silent(context);
  asio::ip::tcp::socket noise(context);
  const asio::ip::tcp::endpoint door(asio::ip::address_v4::loopback(), seen->tunnel_port());
  silent.connect(door);
  CHECK(eventually([&] { return value("prism_tunnel_open_handshakes", "") == 1; }));
  noise.connect(door);
  asio::write(noise, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n")));
  CHECK(eventually([&] { return value("prism_tunnel_refusals_total", "not_tls") == 1; }));
  CHECK(value("prism_tunnel_connection_events_total", "accepted") == 2);
  CHECK(value("prism_tunnel_connection_events_total", "admitted") == 0);
  seen.reset(); // the node goes on without it
  CHECK(value("prism_tunnel_refusals_total", "not_tls") == 1);
}
