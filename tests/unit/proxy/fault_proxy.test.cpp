#include "db/pg/transaction.hpp"
#include "tests/support/must.hpp"
#include "tests/support/proxied_database.hpp"
#include "tests/unit/net/support/eventually.hpp"
#include "tools/prism-proxy/command.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

using clock = db::connection::clock;

struct database : proxied_database {
  db::connection on = connect_to(conninfo);
  db::connection watcher = connect_to(direct);

  database() { must(watcher.exec_script("create table t (x int)")); }

  db::outcome<void> add_row() {
    db::tx_options options;
    options.retry.max_retries = 0;
    options.deadline = 2min;
    return db::transaction::run(on, options, [](db::tx& in) {
      return in.exec("insert into t values (1)").map([](const db::result&) {});
    });
  }

  std::int64_t rows() { return must(watcher.exec("select count(*) from t")).get_int8(0, 0); }

  void obey(const std::string& order) {
    const auto done = proxy::obey(*proxy, order);
    if (!done)
      FAIL(done.error().message);
  }
};

/// Waits until the next connection fails or works.
bool connects(const std::string& conninfo, std::chrono::milliseconds limit = 10s) {
  return db::connection::open({.conninfo = conninfo, .connect_timeout = limit}).has_value();
}

} // namespace

TEST_CASE("everything passes the proxy unchanged, large and encrypted-if-possible") {
  database db;
  const std::string large(3'000'000, 'x');
  CHECK(must(db.on.exec("select $1::text", db::params().text(large))).get_text(0, 0) == large);
  CHECK(connects(db.conninfo + " sslmode=prefer"));
  CHECK_FALSE(connects(db.conninfo + " sslmode=require"));
  must(db.add_row());
  CHECK(db.rows() == 1);
  CHECK(db.proxy->stats().commits == 1);
  CHECK(db.proxy->stats().cut == 0);
}

TEST_CASE("a connection cut before COMMIT has changed nothing, one cut after it everything") {
  database db;
  must(db.add_row());
  const auto [order, rows] = GENERATE(
      table<std::string, std::int64_t>({{"cut-before-commit 1", 1}, {"cut-after-commit 1", 2}}));
  db.obey(order);
  const auto lost = db.add_row();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().cls == db::error_class::commit_unknown);
  CHECK(db.rows() == rows);
  const auto stats = db.proxy->stats();
  CHECK(stats.cut_before_commit + stats.cut_after_commit == 1);
  // Only once.
  must(db.add_row());
  CHECK(db.rows() == rows + 1);
}

TEST_CASE("a failed COMMIT does not trigger a cut") {
  database db;
  must(db.watcher.exec_script("create table u (x int unique deferrable initially deferred)"));
  db.obey("cut-after-commit 1");
  const auto refused = db::transaction::run(db.on, {}, [](db::tx& in) {
    return in.exec("insert into u values (1), (1)").map([](const db::result&) {});
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sqlstate == "23505");
  CHECK(db.proxy->stats().cut_after_commit == 0);
  CHECK_FALSE(db.add_row());
  CHECK(db.proxy->stats().cut_after_commit == 1);
}

TEST_CASE("a cut resets the open connections and nothing else") {
  database db;
  db.obey("cut");
  CHECK_FALSE(db.on.exec("select 1"));
  CHECK(db.proxy->stats().cut == 1);
  must(db.on.reconnect());
  must(db.on.exec("select 1"));
}

TEST_CASE("refuse mode rejects connections until pass mode") {
  database db;
  db.obey("refuse");
  CHECK_FALSE(db.on.exec("select 1"));
  const auto refused = db::connection::open({.conninfo = db.conninfo});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("refused"));
  db.obey("pass");
  CHECK(connects(db.conninfo));
}

TEST_CASE("a black hole accepts everything, answers nothing, and leaves no partial conversation") {
  database db;
  db.obey("black-hole");
  CHECK_FALSE(connects(db.conninfo, 1s));
  // On a busy machine the proxy may see it after the client has disconnected.
  CHECK(net::test::eventually([&] { return db.proxy->stats().swallowed > 0; }));
  db.obey("pass");
  CHECK(connects(db.conninfo));
  must(db.on.exec("select 1")); // had not said anything meanwhile
}

TEST_CASE("packets are delayed, and commits are serialized") {
  database db;
  db.obey("delay 50");
  auto begin = clock::now();
  must(db.on.exec("select 1"));
  CHECK(clock::now() - begin >= 50ms);
  CHECK(db.proxy->stats().delayed >= 1);
  db.obey("pass");
  db.obey("commits 20");
  begin = clock::now();
  for (int i = 0; i < 5; ++i)
    must(db.add_row());
  CHECK(clock::now() - begin >= 200ms);
  CHECK(db.proxy->stats().slowed == 5);
}

TEST_CASE("an absent server ends the connection, and the failure is counted") {
  const auto lost = proxy::fault_proxy::start({.server = "/nowhere/.s.PGSQL.5432"}).value();
  CHECK_FALSE(connects("host=127.0.0.1 port=" + std::to_string(lost->port())));
  CHECK(lost->stats().unreachable >= 1);
}

TEST_CASE("invalid commands are rejected") {
  proxied_database db;
  for (const auto* order : {"", "explode", "delay", "delay x", "delay -1", "cut 3", "commits 5x"}) {
    const auto done = proxy::obey(*db.proxy, order);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == errc::invalid);
    CHECK_THAT(done.error().message, Contains("'" + std::string{order} + "'"));
  }
  CHECK_THAT(*proxy::obey(*db.proxy, "stats"), Contains("connections=0 "));
}
