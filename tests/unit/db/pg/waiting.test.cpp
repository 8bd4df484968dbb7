#include "db/embedded/embedded_postgres.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <poll.h>

using namespace prism::db;
using namespace std::chrono_literals;
using prism::test::connect_to;
using prism::test::must;

namespace {

/// A server of which `set` says whether its commits need a standby.
struct lonely_primary {
  prism::test::scratch_directory scratch;
  std::optional<embedded_postgres> server;

  lonely_primary() {
    embedded_options options;
    options.directory = scratch.path() / "pg";
    options.initdb_arguments = {"--no-sync"};
    auto started = embedded_postgres::start(std::move(options));
    if (!started)
      FAIL(started.error().message);
    server.emplace(std::move(*started));
    must(connect_to(server->conninfo()).exec_script("create table t (x int)"));
  }

  void set(const std::string& standbys) const {
    auto on = connect_to(server->conninfo());
    must(on.exec_script("set synchronous_commit = local"));
    must(on.exec("alter system set synchronous_standby_names = '" + standbys + "'"));
    must(on.exec("select pg_reload_conf()"));
    // Every session has read it when one has that began later.
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (must(on.exec("show synchronous_standby_names")).get_text(0, 0) != standbys)
      REQUIRE(std::chrono::steady_clock::now() < until);
  }
};

outcome<void> insert(connection& on, std::chrono::milliseconds limit) {
  tx_options options;
  options.deadline = limit;
  return transaction::run(on, options, [](tx& inside) -> outcome<void> {
    return inside.exec("insert into t values (1)").map([](const result&) {});
  });
}

} // namespace

TEST_CASE("a statement that waits is given up when asked, and says so") {
  const auto database = prism::test::pg_fixture::fresh_database();
  std::string seen;
  std::atomic<bool> gives_up{false};
  connect_options options;
  options.conninfo = database;
  options.default_timeout = 10min;
  options.cancel_grace = 2min;
  options.gives_up = [&](const server_wait& wait) {
    if (wait.waited > 200ms)
      seen = wait.statement;
    return gives_up || wait.waited > 300ms;
  };
  auto on = must(connection::open(options));
  const auto answer = on.exec("select pg_sleep(600)");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK(answer.error().cls == error_class::transient);
  CHECK(seen == "select pg_sleep(600)");
  CHECK(on.exec_script("select pg_sleep(600)").error().sqlstate == "57014");
  CHECK(on.is_open());
  must(on.exec("select 1"));
  gives_up = true;
  CHECK(on.exec("select 1").error().sqlstate == "57014");
  const auto late = connection::open(options);
  CHECK((late || late.error().sqlstate == "08001"));
}

TEST_CASE("wait_by replaces poll(), and a cancel request does not block") {
  connect_options options;
  options.conninfo = prism::test::pg_fixture::fresh_database();
  auto on = must(connection::open(options));
  std::size_t waits = 0;
  bool stops = false;
  on.wait_by([&](int socket, short events, connection::clock::time_point until) {
    ++waits;
    if (stops)
      return wait_end::stop;
    const auto left = until - connection::clock::now();
    pollfd entry{socket, events, 0};
    const auto ready = ::poll(
        &entry, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    return ready > 0 ? wait_end::ready : wait_end::not_yet;
  });
  CHECK(must(on.exec("select 7")).get_int4(0, 0) == 7);
  CHECK(waits > 0);
  on.set_deadline(connection::clock::now() + 100ms);
  CHECK(on.exec("select pg_sleep(600)").error().sqlstate == "57014");
  CHECK(on.is_open());
  on.set_deadline(connection::default_deadline);
  auto watcher = connect_to(options.conninfo);
  const auto works = [&, pid = std::to_string(on.backend_pid())] {
    const auto rows = must(watcher.exec("select from pg_stat_activity where pid = " + pid));
    return rows.rows() > 0;
  };
  CHECK(works());
  stops = true;
  const auto stopped = on.exec("select pg_sleep(600)");
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().sqlstate == "08006");
  CHECK_FALSE(on.is_open());
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (works()) // the server does not go on with it
    REQUIRE(std::chrono::steady_clock::now() < until);
}

TEST_CASE("a cancel request that comes late hits no other statement") {
  const lonely_primary primary;
  auto on = connect_to(primary.server->conninfo());
  on.wait_by([](int socket, short events, connection::clock::time_point) {
    pollfd entry{socket, events, 0};
    return ::poll(&entry, 1, 10) > 0 ? wait_end::ready : wait_end::not_yet;
  });
  must(on.exec("select 1"));
  const auto file = must(on.exec("select pg_read_file('postmaster.pid')"));
  const auto pid = std::stoi(std::string{file.get_text(0, 0)});
  REQUIRE(::kill(pid, SIGSTOP) == 0); // it takes no cancel request now
  on.set_deadline(connection::clock::now() + 500ms);
  CHECK(on.exec("select pg_sleep(3)")); // it ends by itself
  on.set_deadline(connection::default_deadline);
  const auto next = on.exec("select 1");
  REQUIRE(::kill(pid, SIGCONT) == 0);
  REQUIRE_FALSE(next);
  CHECK(next.error().sqlstate == "08003");
  CHECK_FALSE(on.is_open());
  must(on.reconnect());
  must(on.exec("select 1"));
}

TEST_CASE("a commit whose wait for a standby was cancelled is told apart from a replicated one") {
  const lonely_primary primary;
  auto on = connect_to(primary.server->conninfo());
  must(insert(on, 60s));
  CHECK_FALSE(on.take_unreplicated());
  primary.set("nobody");
  // The server commits, with a warning; the first ones not, until all its processes have read that.
  const auto until = std::chrono::steady_clock::now() + 60s;
  bool told = false;
  while (!told) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    must(insert(on, 1500ms));
    told = on.take_unreplicated();
  }
  CHECK_FALSE(on.take_unreplicated()); // told once
  // A single statement, and a script.
  on.set_deadline(connection::clock::now() + 1500ms);
  must(on.exec("insert into t values (2)"));
  CHECK(on.take_unreplicated());
  on.set_deadline(connection::clock::now() + 1500ms);
  must(on.exec_script("insert into t values (2)"));
  CHECK(on.take_unreplicated());
  on.set_deadline(connection::default_deadline);
  must(on.exec("select count(*) from t")); // nothing to replicate
  CHECK_FALSE(on.take_unreplicated());
  primary.set("");
  must(insert(on, 60s));
  CHECK_FALSE(on.take_unreplicated());
  CHECK(must(on.exec("select count(*) from t where x = 2")).get_int8(0, 0) == 2);
}
