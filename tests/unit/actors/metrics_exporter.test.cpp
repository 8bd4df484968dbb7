#include "actors/metrics_exporter.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using answer = http::response<http::string_body>;

namespace {

[[nodiscard]] answer get(const std::string& port, const std::string& path) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))});
  http::request<http::empty_body> ask{http::verb::get, path, 11};
  ask.set(http::field::host, "localhost");
  http::write(socket, ask);
  boost::beast::flat_buffer buffer;
  answer out;
  http::read(socket, buffer, out);
  return out;
}

} // namespace

TEST_CASE("/readyz names each fact that makes the node unready") {
  config::options options;
  options.metrics_listen = "127.0.0.1:0";
  actor_fixture bench(options);
  auto& status = bench.node->status;
  const auto port = bench.field(
      bench.put<metrics_exporter_state>(names::metrics, std::make_shared<health_port>(bench.node)),
      "port");
  const auto not_ready = [&](const std::string& line) {
    const auto said = get(port, "/readyz");
    INFO(said.body());
    return said.result_int() == 503 && said.body().find(line + "\n") != std::string::npos;
  };
  status.schema_current = status.firehose_running = true;
  CHECK(not_ready("FAIL database reachable"));
  status.database_reachable = true;
  CHECK(get(port, "/readyz").result_int() == 200);
  status.schema_current = false;
  CHECK(not_ready("FAIL schema current"));
  status.schema_current = true;
  status.firehose_running = false;
  CHECK(not_ready("FAIL firehose running"));
  status.firehose_running = true;
  status.set_problem("shard-1", "before frame 3: 42P01");
  CHECK(not_ready("FAIL shard-1: before frame 3: 42P01"));
  status.clear_problem("shard-1");
  const auto well = get(port, "/readyz");
  CHECK(well.result_int() == 200);
  CHECK_THAT(well.body(), Catch::EndsWith("info relay away, nothing committed yet\n"));
  const auto& firehose = bench.node->metrics.firehose();
  firehose.connected->Set(1);
  firehose.event_timestamp->SetToCurrentTime();
  CHECK_THAT(get(port, "/readyz").body(),
             Catch::Contains("info relay connected, newest committed event"));
  status.draining = true;
  CHECK(not_ready("FAIL not draining"));
  status.draining = false;
  status.finish(exit_code::replaced, "another prismd has joined");
  CHECK(not_ready("FAIL ending: another prismd has joined"));
  CHECK(get(port, "/healthz").result_int() == 200); // no reason to kill it
}

TEST_CASE("/metrics counts the connections to it") {
  config::options options;
  options.metrics_listen = "127.0.0.1:0";
  actor_fixture bench(options);
  const auto port = bench.field(
      bench.put<metrics_exporter_state>(names::metrics, std::make_shared<health_port>(bench.node)),
      "port");
  CHECK(get(port, "/healthz").result_int() == 200);
  CHECK(eventually([&] {
    return get(port, "/metrics")
               .body()
               .find("prism_http_connection_events_total{event=\"accepted\"} 0\n") ==
           std::string::npos;
  }));
}
