#include "actors/node/node.hpp"
#include "actors/node/start_errors.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

/// The start of a node on a thread of its own, with its health port.
class starting_node {
public:
  explicit starting_node(const std::string& database) {
    config::options options;
    options.relay_url = "ws://127.0.0.1:1";
    options.database_url = database;
    options.metrics_listen = "127.0.0.1:0";
    done_ = std::async(std::launch::async, [this, options]() -> expected<void> {
      auto started = node::start(options, [this] { return stop_.load(); });
      if (!started)
        return tl::unexpected(started.error());
      return {};
    });
  }
  ~starting_node() { stop_ = true; }

  [[nodiscard]] bool running() const { return done_.wait_for(0s) != std::future_status::ready; }

  /// The answer's status and body; 0 while nobody listens.
  [[nodiscard]] std::pair<unsigned, std::string> get(const std::string& path) const {
    const auto lines = log.all();
    constexpr std::string_view before = "metrics on http://127.0.0.1:";
    const auto at = lines.find(before);
    if (at == std::string::npos)
      return {0, ""};
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(),
                    static_cast<std::uint16_t>(std::stoi(lines.substr(at + before.size())))});
    http::request<http::empty_body> ask{http::verb::get, path, 11};
    ask.set(http::field::host, "localhost");
    http::write(socket, ask);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> out;
    http::read(socket, buffer, out);
    return {out.result_int(), out.body()};
  }

  /// Waits until the log and /readyz say what is waited for.
  void says(const std::string& reason) const {
    INFO(log.all());
    REQUIRE(eventually([&] { return log.count(reason) > 0; }));
    CHECK(eventually([&] {
      const auto [status, body] = get("/readyz");
      return status == 503 && body.find(reason) != std::string::npos;
    }));
    CHECK(get("/healthz").first == 200);
    CHECK(running());
  }

  /// As SIGTERM does.
  [[nodiscard]] expected<void> stop() {
    stop_ = true;
    REQUIRE(done_.wait_for(8s) == std::future_status::ready);
    return done_.get();
  }

  log_capture log;

private:
  std::atomic<bool> stop_{false};
  std::future<expected<void>> done_;
};

void ends_when_asked(starting_node& starting) {
  const auto ended = starting.stop();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == errc::cancelled);
  CHECK(exit_code_of(ended.error().code) == exit_code::success);
}

} // namespace

TEST_CASE("a start that waits for a lock on schema_migrations says so and can be stopped") {
  const auto database = pg_fixture::migrated_database();
  auto other = connect_to(database);
  must(other.exec_script("begin; lock table schema_migrations"));
  starting_node starting(database);
  starting.says(fmt::format("it needs a lock held by process {}", other.backend_pid()));
  ends_when_asked(starting);
}

TEST_CASE("a start that waits for another process that migrates says so and can be stopped") {
  const auto database = pg_fixture::migrated_database();
  auto other = connect_to(database);
  must(other.exec_script("begin"));
  must(other.exec("select pg_advisory_xact_lock($1, $2)",
                  db::params().int4(0x70726973).int4(0x6d696772)));
  starting_node starting(database);
  REQUIRE(eventually([&] { return starting.log.count("another process is migrating") > 0; }));
  const auto [status, body] = starting.get("/readyz");
  CHECK(status == 503);
  CHECK_THAT(body, Catch::Contains("FAIL start: bringing the schema up to date"));
  ends_when_asked(starting);
}

TEST_CASE("a start whose commit waits for a synchronous standby says so and can be stopped") {
  const scratch_directory scratch;
  db::embedded_options options;
  options.directory = scratch.path() / "pg";
  options.initdb_arguments = {"--no-sync"};
  const auto server = db::embedded_postgres::start(std::move(options)).value();
  auto admin = connect_to(server.conninfo());
  must(admin.exec_script("set synchronous_commit = local"));
  must(admin.exec("alter system set synchronous_standby_names = 'nobody'"));
  must(admin.exec("select pg_reload_conf()"));
  REQUIRE(eventually([&] {
    return must(connect_to(server.conninfo()).exec("show synchronous_standby_names"))
               .get_text(0, 0) == "nobody";
  }));
  starting_node starting(server.conninfo());
  starting.says("synchronous standby");
  ends_when_asked(starting);
}

TEST_CASE("a start without a database waits, says so, and can be stopped") {
  starting_node starting("host=127.0.0.1 port=1 user=nobody");
  REQUIRE(eventually([&] { return starting.log.count("does not answer") > 0; }));
  const auto [status, body] = starting.get("/readyz");
  CHECK(status == 503);
  CHECK_THAT(body, Catch::Contains("FAIL start: "));
  CHECK(starting.get("/healthz").first == 200);
  ends_when_asked(starting);
}

TEST_CASE("a start that no waiting helps ends with the code for wrong settings") {
  const auto* database = GENERATE("postgresql://[::1/app", "host=127.0.0.1 no_such_keyword=1",
                                  "host=127.0.0.1 sslmode=nonsense", "service=no_such_service");
  starting_node starting(database);
  REQUIRE(eventually([&] { return !starting.running(); }));
  const auto ended = starting.stop();
  REQUIRE_FALSE(ended);
  CHECK(exit_code_of(ended.error().code) == exit_code::configuration);
}

TEST_CASE("a port for other nodes that cannot be opened is a wrong setting, not a failed start") {
  // Exit code 78, with which systemd does not start the node again (docs/OPERATIONS.md).
  config::options options;
  options.relay_url = "ws://127.0.0.1:1";
  options.database_url = pg_fixture::fresh_database();
  options.metrics_listen.clear();
  options.cluster_listen = "127.0.0.1:0";
  options.tunnel_certificate = options.tunnel_key = options.tunnel_authority = "/nothing/there";
  const auto started = node::start(options, [] { return false; });
  REQUIRE_FALSE(started);
  CHECK(started.error().code == errc::invalid);
  CHECK_THAT(started.error().message, Catch::StartsWith("cluster-listen: "));
}
