#include "db/pg/transaction.hpp"

#include "db/pg/pipeline.hpp"
#include "log/output.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <spdlog/sinks/ostream_sink.h>
#include <sstream>
#include <stdexcept>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using Catch::Contains;
using prism::test::connect_to;
using prism::test::must;

namespace {

/// Two connections to a database with `t (id, x)` holding (1, 10) and (2, 20).
struct two_connections {
  std::string database = test::pg_fixture::fresh_database();
  connection one = connect_to(database);
  connection two = connect_to(database);
  std::vector<std::chrono::milliseconds> delays;

  two_connections() {
    must(one.exec_script("create table t (id int primary key, x int);"
                         "insert into t values (1, 10), (2, 20)"));
  }

  /// Options that record the delays between attempts instead of sleeping.
  tx_options options() {
    tx_options with;
    with.deadline = std::chrono::minutes{2}; // long enough for a busy machine
    with.sleep = [this](auto delay) { delays.push_back(delay); };
    return with;
  }

  int x(int id) {
    return must(two.exec("select x from t where id = $1", params().int4(id))).get_int4(0, 0);
  }
};

outcome<void> set_x(executor& on, int id, int x) {
  return on.exec("update t set x = $2 where id = $1", params().int4(id).int4(x))
      .map([](const result&) {});
}

/// Waits until the backend waits for a lock.
void wait_for_lock_wait(connection& watcher, int pid) {
  const auto until = connection::clock::now() + 120s;
  const char* sql = "select exists(select from pg_stat_activity where pid = $1"
                    " and wait_event_type = 'Lock')";
  while (!must(watcher.exec(sql, params().int4(pid))).get_bool(0, 0))
    REQUIRE(connection::clock::now() < until);
}

} // namespace

TEST_CASE("a transaction commits its work and returns its answer") {
  two_connections db;
  const auto answer = transaction::run(db.one, db.options(), [](tx& in) -> outcome<int> {
    must(set_x(in, 1, 11));
    return must(in.exec("select x from t where id = 1")).get_int4(0, 0);
  });
  CHECK(must(answer) == 11);
  CHECK(db.x(1) == 11);
  CHECK_FALSE(db.one.in_transaction());
}

TEST_CASE("the settings apply inside the transaction only") {
  two_connections db;
  auto options = db.options();
  options.statement_timeout = 1234ms;
  options.lock_timeout = 567ms;
  must(db.one.exec("set synchronous_commit = off"));
  const char* show = "select current_setting('statement_timeout'), current_setting('lock_timeout'),"
                     " current_setting('synchronous_commit'),"
                     " current_setting('transaction_isolation'),"
                     " current_setting('idle_in_transaction_session_timeout') <> '0'";
  const auto inside =
      must(transaction::run(db.one, options, [&](tx& in) { return in.exec(show); }));
  CHECK(inside.get_text(0, 0) == "1234ms");
  CHECK(inside.get_text(0, 1) == "567ms");
  CHECK(inside.get_text(0, 2) == "on");
  CHECK(inside.get_text(0, 3) == "read committed");
  CHECK(inside.get_bool(0, 4));
  const auto outside = must(db.one.exec(show));
  CHECK(outside.get_text(0, 0) == "0");
  CHECK(outside.get_text(0, 1) == "0");
  CHECK(outside.get_text(0, 2) == "off");
  CHECK(outside.get_text(0, 3) == "read committed");
  CHECK_FALSE(outside.get_bool(0, 4));
}

TEST_CASE("an error of the work rolls everything back") {
  two_connections db;
  const auto answer = transaction::run(db.one, db.options(), [](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    return db_fail("P0001", "changed my mind");
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "changed my mind");
  CHECK_FALSE(db.one.in_transaction());
  CHECK(db.x(1) == 10);
}

TEST_CASE("an exception from the work rolls back and is a fatal error with its text") {
  two_connections db;
  const auto answer = transaction::run(db.one, db.options(), [](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    throw std::runtime_error("oh no");
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().cls == error_class::fatal);
  CHECK_THAT(answer.error().message, Contains("oh no"));
  CHECK(db.x(1) == 10);
}

TEST_CASE("a thrown object that is no std::exception rolls back and propagates") {
  two_connections db;
  const auto work = [](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    throw 42; // NOLINT(hicpp-exception-baseclass)
  };
  CHECK_THROWS_AS(transaction::run(db.one, db.options(), work), int);
  CHECK_FALSE(db.one.in_transaction());
  CHECK(db.x(1) == 10);
}

TEST_CASE("a failed statement that the work ignores is not reported as committed") {
  two_connections db;
  const auto answer = transaction::run(db.one, db.options(), [](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    CHECK_FALSE(in.exec("insert into t values (1, 1)"));
    return {};
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "23505");
  CHECK(db.x(1) == 10);
}

TEST_CASE("work after a savepoint's rollback is committed") {
  two_connections db;
  must(transaction::run(db.one, db.options(), [](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    must(in.exec_script("savepoint s"));
    CHECK_FALSE(in.exec("insert into t values (1, 1)"));
    must(in.exec_script("rollback to s"));
    return set_x(in, 2, 22);
  }));
  CHECK(db.x(1) == 11);
  CHECK(db.x(2) == 22);
}

TEST_CASE("a transaction without statements does nothing, and one inside another is rejected") {
  two_connections db;
  must(transaction::run(db.one, db.options(), [](tx&) -> outcome<void> { return {}; }));
  must(transaction::run(db.one, db.options(), [&](tx& in) -> outcome<void> {
    must(set_x(in, 1, 11));
    const auto inner =
        transaction::run(db.one, db.options(), [](tx&) -> outcome<void> { return {}; });
    REQUIRE_FALSE(inner);
    CHECK(inner.error().sqlstate == "25001");
    return {};
  }));
  CHECK(db.x(1) == 11);
}

TEST_CASE("a script that ends its transaction is rejected") {
  two_connections db;
  const auto answer = transaction::run(db.one, db.options(), [](tx& in) {
    return in.exec_script("update t set x = 0 where false; commit");
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "2D000");
}

TEST_CASE("BEGIN is sent with a pipeline, whose results keep their indices") {
  two_connections db;
  const auto x = transaction::run(db.one, db.options(), [](tx& in) -> outcome<int> {
    pipeline p(in);
    p.add("update t set x = x + 1 where id = 1 returning x");
    p.add("update t set x = x + 1 where id = 2 returning x");
    const auto results = must(p.sync());
    REQUIRE(results.size() == 2);
    return results[0].get_int4(0, 0) * 100 + results[1].get_int4(0, 0);
  });
  CHECK(must(x) == 1121);
}

TEST_CASE("work over the deadline is cancelled and rolled back before it is reported") {
  two_connections db;
  auto options = db.options();
  options.deadline = 200ms;
  const auto answer = transaction::run(db.one, options, [](tx& in) -> outcome<void> {
    if (auto done = set_x(in, 1, 11); !done)
      return done; // on a busy machine the deadline may be here already
    return in.exec("select pg_sleep(60)").map([](const result&) {});
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  // On a busy machine the server, whose limit is a little longer, may be the first to cancel.
  CHECK_THAT(answer.error().message, Contains("deadline") || Contains("statement timeout"));
  CHECK(db.delays.empty());
  // The row's lock is released already, and the old value is back.
  must(db.two.exec_script("set lock_timeout = 1; update t set x = x + 1 where id = 1"));
  CHECK(db.x(1) == 11);
  CHECK_FALSE(db.one.in_transaction());
  CHECK(must(db.one.exec("select 1")).rows() == 1);
}

TEST_CASE("a deadline that passes between statements is enforced too") {
  two_connections db;
  auto options = db.options();
  options.deadline = 100ms;
  const auto answer = transaction::run(db.one, options, [&](tx& in) -> outcome<void> {
    if (auto done = set_x(in, 1, 11); !done)
      return done; // on a busy machine the deadline may be here already
    while (connection::clock::now() < db.one.deadline()) {
    }
    return {};
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK(db.x(1) == 10);
}

TEST_CASE("a statement over the server's limit is retried three times and then reported") {
  two_connections db;
  auto options = db.options();
  options.statement_timeout = 50ms;
  std::vector<std::string> retried;
  options.on_retry = [&](const db_error& why) { retried.push_back(why.sqlstate); };
  int tries = 0;
  const auto answer = transaction::run(db.one, options, [&](tx& in) {
    ++tries;
    return in.exec("select pg_sleep(60)");
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK_THAT(answer.error().message, Contains("statement timeout"));
  CHECK(tries == 4);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms});
  CHECK(retried == std::vector<std::string>(3, "57014"));
}

TEST_CASE("work whose statement was cancelled once succeeds with the next attempt") {
  two_connections db;
  int tries = 0;
  must(transaction::run(db.one, db.options(), [&](tx& in) -> outcome<void> {
    ++tries;
    must(in.exec("update t set x = x + 1 where id = 1"));
    // The statement cancels itself, so there is no race.
    if (tries == 1)
      return in.exec("select pg_cancel_backend(pg_backend_pid()), pg_sleep(60)")
          .map([](const result&) {});
    return {};
  }));
  CHECK(tries == 2);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{100ms});
  CHECK(db.x(1) == 11);
}

TEST_CASE("statements over the server's limit are not retried past the deadline") {
  two_connections db;
  auto options = db.options();
  options.deadline = 120s;
  options.statement_timeout = 20ms;
  options.retry.first_delay = 30s; // the third pause, of 120 s, would end behind the deadline
  int tries = 0;
  const auto answer = transaction::run(db.one, options, [&](tx& in) {
    ++tries;
    return in.exec("select pg_sleep(60)");
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK(tries == 3);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{30s, 60s});
}

TEST_CASE("a deadlock is retried until it succeeds, with the documented log line") {
  two_connections db;
  std::ostringstream text;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  log::add_sink(sink);
  // The other connection holds row 2 and waits for row 1. Its deadlock timeout is longer, so the
  // server chooses this one as the victim.
  must(db.two.exec_script("begin; set deadlock_timeout = '60s';"
                          "update t set x = 200 where id = 2"));
  const int other_pid = db.two.backend_pid();
  auto watcher = connect_to(db.database);
  std::future<outcome<void>> other;
  int tries = 0;
  const auto answer = transaction::run(db.one, db.options(), [&](tx& in) -> outcome<void> {
    ++tries;
    // There is no real delay before the retry: wait until the other connection has finished.
    if (tries == 2)
      other.wait();
    must(set_x(in, 1, 11));
    if (tries == 1) {
      other = std::async(std::launch::async, [&] {
        return db.two.exec_script("update t set x = 100 where id = 1; commit");
      });
      wait_for_lock_wait(watcher, other_pid);
    }
    return set_x(in, 2, 22);
  });
  log::remove_sink(sink);
  must(other.get());
  must(answer);
  CHECK(tries == 2);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{100ms});
  CHECK(db.x(1) == 11);
  CHECK(db.x(2) == 22);
  CHECK_THAT(text.str(),
             Contains("[Transaction] Retrying transaction (attempt 1/3) due to: 40P01"));
}

TEST_CASE("a serialization failure at COMMIT is retried") {
  two_connections db;
  // Fails at the first COMMIT only: a sequence is not rolled back.
  must(db.two.exec_script(
      "create sequence commits;"
      "create function fail_once() returns trigger language plpgsql as $$ begin"
      "  if nextval('commits') = 1 then raise serialization_failure; end if; return null;"
      " end $$;"
      "create constraint trigger fail_once after update on t deferrable initially deferred"
      "  for each row execute function fail_once()"));
  int tries = 0;
  must(transaction::run(db.one, db.options(), [&](tx& in) {
    ++tries;
    return set_x(in, 1, 11);
  }));
  CHECK(tries == 2);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{100ms});
  CHECK(db.x(1) == 11);
}

TEST_CASE("a lock timeout is retried three times and then reported") {
  two_connections db;
  must(db.two.exec_script("begin; update t set x = 0 where id = 1"));
  auto options = db.options();
  options.lock_timeout = 20ms;
  int tries = 0;
  const auto answer = transaction::run(db.one, options, [&](tx& in) {
    ++tries;
    return set_x(in, 1, 11);
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "55P03");
  CHECK(tries == 4);
  CHECK(db.delays == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms});
}

TEST_CASE("without a sleep function the thread sleeps") {
  two_connections db;
  must(db.two.exec_script("begin; update t set x = 0 where id = 1"));
  auto options = db.options();
  options.sleep = nullptr;
  options.lock_timeout = 20ms;
  options.retry = {.max_retries = 1, .first_delay = 1ms};
  CHECK(transaction::run(db.one, options, [&](tx& in) { return set_x(in, 1, 11); })
            .error()
            .sqlstate == "55P03");
}

TEST_CASE("a backend killed inside a transaction is replaced and the work is repeated") {
  two_connections db;
  int tries = 0;
  must(transaction::run(db.one, db.options(), [&](tx& in) -> outcome<void> {
    ++tries;
    must(in.exec("update t set x = x + 1 where id = 1"));
    if (tries == 1)
      must(db.two.exec("select pg_terminate_backend($1, 60000)",
                       params().int4(db.one.backend_pid())));
    return in.exec("update t set x = x + 1 where id = 2").map([](const result&) {});
  }));
  CHECK(tries == 2);
  CHECK(db.x(1) == 11);
  CHECK(db.x(2) == 21);
}

TEST_CASE("a connection that was lost before is replaced at the first attempt") {
  two_connections db;
  db.one.close();
  must(transaction::run(db.one, db.options(), [](tx& in) { return set_x(in, 1, 11); }));
  CHECK(db.delays.empty());
  CHECK(db.x(1) == 11);
}

TEST_CASE("a connection lost at COMMIT leaves the outcome unknown and is not retried") {
  two_connections db;
  // The backend terminates itself during COMMIT, so there is no answer.
  must(db.two.exec_script(
      "create function die() returns trigger language plpgsql as $$ begin"
      "  perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return null;"
      " end $$;"
      "create constraint trigger die after update on t deferrable initially deferred"
      "  for each row execute function die()"));
  int tries = 0;
  const auto answer = transaction::run(db.one, db.options(), [&](tx& in) {
    ++tries;
    return set_x(in, 1, 11);
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().cls == error_class::commit_unknown);
  CHECK(answer.error().statement == "commit");
  CHECK_THAT(answer.error().message, Contains("COMMIT"));
  CHECK(tries == 1);
  CHECK(db.delays.empty());
  CHECK_FALSE(db.one.is_open());
}

TEST_CASE("a constraint that fails at COMMIT is a known failure, not an unknown one") {
  two_connections db;
  must(
      db.two.exec_script("create table child (id int references t deferrable initially deferred)"));
  const auto answer = transaction::run(
      db.one, db.options(), [](tx& in) { return in.exec("insert into child values (99)"); });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "23503");
  CHECK(answer.error().cls == error_class::poison);
  CHECK(db.one.is_open());
  CHECK_FALSE(db.one.in_transaction());
}

TEST_CASE("a statement that is rejected for its data is not retried") {
  two_connections db;
  int tries = 0;
  const auto answer = transaction::run(db.one, db.options(), [&](tx& in) {
    ++tries;
    return in.exec("select $1::jsonb", params().text("{"));
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().cls == error_class::poison);
  CHECK(tries == 1);
}

TEST_CASE("the deadline also ends the retries") {
  two_connections db;
  must(db.two.exec_script("begin; update t set x = 0 where id = 1"));
  tx_options options;
  options.deadline = 60s;
  options.lock_timeout = 20ms;
  options.retry.first_delay = 60s;
  int tries = 0;
  const auto answer = transaction::run(db.one, options, [&](tx& in) {
    ++tries;
    return set_x(in, 1, 11);
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "55P03");
  CHECK(tries == 1);
}

TEST_CASE(
    "a standby or demoted server causes a reconnect and is not taken for an error of the data") {
  two_connections db;
  const int before = db.one.backend_pid();
  must(db.one.exec_script("set default_transaction_read_only = on"));
  must(transaction::run(db.one, db.options(), [](tx& in) { return set_x(in, 1, 11); }));
  CHECK(db.one.backend_pid() != before);
  CHECK(db.x(1) == 11);
}
