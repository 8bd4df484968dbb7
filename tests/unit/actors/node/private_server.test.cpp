#include "actors/node/private_server.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

struct watched_server {
  scratch_directory scratch;
  log_capture log;
  std::promise<std::string> given_up;
  std::future<std::string> reason = given_up.get_future();
  std::unique_ptr<private_server> server;

  explicit watched_server(private_server_limits limits) {
    db::embedded_options options;
    options.directory = scratch.path() / "pg";
    options.initdb_arguments = {"--no-sync"};
    options.settings = {{"shared_buffers", "16MB"}};
    auto started = private_server::start(
        std::move(options), [this](std::string why) { given_up.set_value(std::move(why)); },
        limits);
    if (!started)
      FAIL(started.error().message);
    server = std::move(*started);
  }

  /// As the OOM killer does.
  void kill() const { ::kill(server->pid(), SIGKILL); }

  [[nodiscard]] bool answers() const {
    return db::connection::open({.conninfo = server->conninfo()}).has_value();
  }
};

constexpr private_server_limits quick{.restarts = 3, .period = 600s, .pause = {10ms, 50ms}};

} // namespace

TEST_CASE("a private server that is killed is started again and has what was committed") {
  watched_server watched(quick);
  must(connect_to(watched.server->conninfo()).exec_script("create table t (); create table u ()"));
  for (int round = 0; round < 2; ++round) {
    const auto before = watched.server->pid();
    watched.kill();
    REQUIRE(eventually([&] {
      const auto now = watched.server->pid();
      return now != 0 && now != before;
    }));
    must(connect_to(watched.server->conninfo()).exec("select from t, u"));
  }
  CHECK(watched.log.count("the private PostgreSQL is gone: it ended with signal 9 (SIGKILL)") == 2);
  CHECK(watched.reason.wait_for(0s) == std::future_status::timeout);
  watched.server->stop();
  CHECK_FALSE(watched.answers());
}

TEST_CASE("a private server that dies again and again is given up") {
  watched_server watched(quick);
  CHECK(eventually([&] {
    if (const auto pid = watched.server->pid(); pid != 0)
      ::kill(pid, SIGKILL);
    return watched.reason.wait_for(5ms) == std::future_status::ready;
  }));
  CHECK_THAT(watched.reason.get(), Catch::Contains("started again 3 times within 600 s"));
  CHECK(watched.log.count("the private PostgreSQL is gone") == 3);
}

TEST_CASE("a private server that cannot be started again is given up with the reason") {
  watched_server watched(quick);
  std::ofstream(watched.scratch.path() / "pg" / "data" / "postgresql.conf", std::ios::app)
      << "no_such_setting = 1\n";
  watched.kill();
  REQUIRE(watched.reason.wait_for(patience) == std::future_status::ready);
  CHECK_THAT(watched.reason.get(), Catch::Contains("no_such_setting"));
  watched.server->stop();
}

TEST_CASE("a stop does not wait for the next start of a dead server") {
  watched_server watched({.restarts = 3, .period = 600s, .pause = {1h, 1h}});
  watched.kill();
  REQUIRE(eventually([&] { return watched.log.count("starting it again in") == 1; }));
  watched.server->stop();
  CHECK(watched.reason.wait_for(0s) == std::future_status::timeout);
}
