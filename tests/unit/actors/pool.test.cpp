#include "actors/pool.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] config::options pool_of(std::uint64_t size) {
  config::options out;
  out.db_pool_size = size;
  return out;
}

[[nodiscard]] db::job naming(const std::string& did) {
  return db::intern_job{{did}};
}

/// A job at which a session throws: it has no value, as a failed assignment leaves it.
[[nodiscard]] db::job thrower() {
  struct refuses {
    operator std::vector<std::string>() const { throw std::runtime_error("no value"); }
  };
  db::job out;
  try {
    out.emplace<db::intern_job>(refuses{});
  } catch (const std::runtime_error&) {
    REQUIRE(out.valueless_by_exception());
  }
  return out;
}

/// The names of the pool's sessions in the directory.
[[nodiscard]] std::vector<std::string> sessions_of(const actor_fixture& bench) {
  auto out = bench.node->actors.names();
  std::erase_if(out, [](const std::string& each) { return !names::is_db_session(each); });
  return out;
}

/// Makes the pool log in as a role that can be kept from doing so again.
class locked_out {
public:
  locked_out(actor_fixture& bench, std::string role)
      : role_(std::move(role)), admin_(connect_to(pg_fixture::admin_database())) {
    must(admin_.exec_script("DROP ROLE IF EXISTS " + role_ + "; CREATE ROLE " + role_ + " LOGIN"));
    auto owner = bench.connect();
    must(owner.exec_script("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role_));
    bench.node->conninfo += " user=" + role_;
  }
  void lock() { must(admin_.exec_script("ALTER ROLE " + role_ + " NOLOGIN")); }
  void unlock() { must(admin_.exec_script("ALTER ROLE " + role_ + " LOGIN")); }

private:
  std::string role_;
  db::connection admin_;
};

/// Ends the connection of the one session that stands.
void cut_blocked(users_table_lock& table_lock) {
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 1; }));
  auto admin = connect_to(pg_fixture::admin_database());
  for (const auto pid : table_lock.blocked_backends())
    must(admin.exec("SELECT pg_terminate_backend($1)", db::params().int4(pid)));
}

[[nodiscard]] std::int64_t id_in(const db::job_outcome& done) {
  if (!done)
    FAIL(db::describe(done.error()));
  return std::get<std::vector<std::int64_t>>(*done).at(0);
}

} // namespace

TEST_CASE("jobs get sessions in the order in which they came") {
  actor_fixture bench(pool_of(1));
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  std::vector<decltype(bench.send(pool, naming("")))> sent;
  for (int i = 0; i < 20; ++i)
    sent.push_back(bench.send(pool, naming("did:plc:" + std::to_string(i * 7 % 20))));
  REQUIRE(eventually([&] { return bench.field(pool, "waiting") == "19"; }));
  table_lock.release();
  std::int64_t last = 0;
  for (const auto& each : sent) {
    const auto id = id_in(bench.outcome_of(each));
    CHECK(id > last);
    last = id;
  }
}

TEST_CASE("more waiters than allowed are refused at once, the others are served") {
  auto options = pool_of(1);
  options.db_max_waiting = 5;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  const auto& metrics = bench.node->metrics.database();
  users_table_lock table_lock(bench);
  std::vector<decltype(bench.send(pool, naming("")))> sent;
  for (int i = 0; i < 6; ++i)
    sent.push_back(bench.send(pool, naming("did:plc:" + std::to_string(i))));
  REQUIRE(eventually([&] { return bench.field(pool, "waiting") == "5"; }));
  const auto refused = bench.outcome_of(bench.send(pool, naming("did:plc:more")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sqlstate == "53300");
  CHECK(refused.error().cls == db::error_class::transient);
  CHECK(metrics.rejected->Value() == 1);
  CHECK(metrics.waiting->Value() == 5);
  table_lock.release();
  for (const auto& each : sent)
    CHECK(id_in(bench.outcome_of(each)) > 0);
  CHECK(bench.field(pool, "waiting") == "0");
}

TEST_CASE("a job that waits too long for a session is told so, the one that has it goes on") {
  auto options = pool_of(1);
  options.db_acquire_timeout = 100ms;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto job_at_work = bench.send(pool, naming("did:plc:a"));
  const auto waits = bench.send(pool, naming("did:plc:b"));
  const auto expired = bench.outcome_of(waits);
  REQUIRE_FALSE(expired);
  CHECK_THAT(expired.error().message, Catch::Contains("acquire timeout"));
  CHECK(bench.node->metrics.database().timeouts->Value() == 1);
  table_lock.release();
  CHECK(id_in(bench.outcome_of(job_at_work)) > 0);
}

TEST_CASE("a connection that the server ends is made anew, and its job done") {
  actor_fixture bench(pool_of(1));
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto hit = bench.send(pool, naming("did:plc:b"));
  cut_blocked(table_lock);
  const auto& retries = bench.node->metrics.database().retries;
  REQUIRE(eventually([&] { return retries.of("57P01").Value() == 1; }));
  table_lock.release();
  CHECK(id_in(bench.outcome_of(hit)) > 0);
  CHECK(bench.node->metrics.database().replaced.of("broken").Value() == 0);
  CHECK(bench.field(pool, "sessions") == "1");
}

TEST_CASE("a session that has lost its connection for good is replaced") {
  pg_fixture::use_own_server(); // for a role
  actor_fixture bench(pool_of(1));
  locked_out role(bench, "lost");
  const auto pool = bench.put<pool_state>(names::pool);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:a")))) > 0);
  users_table_lock table_lock(bench);
  const auto hit = bench.send(pool, naming("did:plc:b"));
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 1; }));
  role.lock();
  cut_blocked(table_lock);
  CHECK_FALSE(bench.outcome_of(hit));
  role.unlock();
  table_lock.release();
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:b")))) > 0);
  CHECK(bench.node->metrics.database().replaced.of("broken").Value() == 1);
  CHECK(bench.field(pool, "sessions") == "1");
}

TEST_CASE("a session that has grown old is replaced when it is free") {
  auto options = pool_of(2);
  options.db_session_max_age = 1s;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:a")))) > 0);
  REQUIRE(eventually([&] { return bench.field(pool, "sessions") == "0"; }));
  CHECK(bench.node->metrics.database().replaced.of("aged").Value() == 1);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:b")))) > 0);
}

TEST_CASE("a server without a free connection is waited for") {
  pg_fixture::use_own_server(); // for a role
  actor_fixture bench(pool_of(3));
  auto admin = connect_to(pg_fixture::admin_database());
  must(
      admin.exec_script("DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN CONNECTION LIMIT 1"));
  auto owner = bench.connect();
  must(owner.exec_script("GRANT ALL ON ALL TABLES IN SCHEMA public TO narrow"));
  bench.node->conninfo += " user=narrow";
  auto taken = connect_to(bench.node->conninfo); // the only one
  const auto pool = bench.put<pool_state>(names::pool);
  const auto& metrics = bench.node->metrics.database();
  const auto first = bench.send(pool, naming("did:plc:a"));
  const auto second = bench.send(pool, naming("did:plc:b"));
  REQUIRE(eventually([&] { return metrics.connect_failures->Value() >= 3; }));
  CHECK_THAT(bench.field(pool, "refused"), Catch::Contains("53300"));
  CHECK(bench.field(pool, "waiting") != "0");
  taken.close();
  CHECK(id_in(bench.outcome_of(first)) < id_in(bench.outcome_of(second)));
  CHECK(bench.field(pool, "refused").empty());
}

TEST_CASE("a database that refuses is asked seldom, however many jobs wait for it") {
  auto options = pool_of(40);
  options.db_acquire_timeout = 1500ms;
  actor_fixture bench(options);
  bench.node->conninfo = "host=127.0.0.1 port=1 dbname=none";
  const auto pool = bench.put<pool_state>(names::pool);
  std::vector<decltype(bench.send(pool, naming("")))> sent;
  for (int i = 0; i < 100; ++i)
    sent.push_back(bench.send(pool, naming("did:plc:" + std::to_string(i))));
  for (const auto& each : sent) {
    const auto done = bench.outcome_of(each);
    REQUIRE_FALSE(done);
    CHECK(done.error().cls == db::error_class::transient);
  }
  // The first 40 at once, before anything is known; then one at a time with growing pauses.
  const auto tries = bench.node->metrics.database().connect_failures->Value();
  CHECK(tries > 2);
  CHECK(tries <= 40 + 10);
}

TEST_CASE("who keeps a session for too long is named once, with the job") {
  auto options = pool_of(2);
  options.db_leak_threshold = 50ms;
  log_capture log;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto job_at_work = bench.send(pool, naming("did:plc:a"));
  const auto& leaks = *bench.node->metrics.database().leaks;
  REQUIRE(eventually([&] { return leaks.Value() == 1; }));
  // Several more looks.
  REQUIRE(eventually([&, until = std::chrono::steady_clock::now() + 1200ms] {
    return std::chrono::steady_clock::now() > until;
  }));
  table_lock.release();
  CHECK(id_in(bench.outcome_of(job_at_work)) > 0);
  CHECK(leaks.Value() == 1);
  INFO(log.all());
  CHECK(log.count("error pool: tester has had a database session for") == 1);
  CHECK(log.count("with job intern_users") == 1);
  CHECK(log.count("warning pool: tester gave its database session back after") == 1);
}

TEST_CASE(
    "a session that dies of an exception is replaced, and its job is answered with an error") {
  actor_fixture bench(pool_of(1));
  const auto pool = bench.put<pool_state>(names::pool);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:a")))) > 0);
  const auto before = sessions_of(bench);
  const auto& replaced = bench.node->metrics.database().replaced.of("crashed");
  const auto lost = bench.outcome_of(bench.send(pool, thrower()));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().cls == db::error_class::transient);
  CHECK(lost.error().sqlstate == "08006");
  CHECK_THAT(lost.error().message, Catch::Contains("session died"));
  CHECK(replaced.Value() == 1);
  CHECK(bench.node->metrics.actor("db_session").restarts->Value() == 1);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:b")))) > 0);
  CHECK(bench.field(pool, "sessions") == "1");
  const auto after = sessions_of(bench);
  CHECK(after.size() == 1);
  CHECK(after != before);
}

TEST_CASE("a session that is killed at its job finishes it and is replaced") {
  actor_fixture bench(pool_of(1));
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto sent = bench.send(pool, naming("did:plc:a"));
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 1; }));
  const auto alive = sessions_of(bench);
  REQUIRE(alive.size() == 1);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(bench.node->actors.find(alive[0])),
                      caf::exit_reason::kill);
  table_lock.release();
  CHECK(id_in(bench.outcome_of(sent)) > 0);
  const auto& replaced = bench.node->metrics.database().replaced.of("crashed");
  REQUIRE(eventually([&] { return replaced.Value() == 1; }));
  REQUIRE(eventually([&] { return sessions_of(bench) != alive; }));
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:b")))) > 0);
}

TEST_CASE("when the pool dies, its sessions leave the directory") {
  actor_fixture bench(pool_of(1));
  const auto pool = bench.put<pool_state>(names::pool);
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:a")))) > 0);
  CHECK(sessions_of(bench).size() == 1);
  caf::anon_send_exit(pool, caf::exit_reason::kill);
  CHECK(eventually([&] { return sessions_of(bench).empty(); }));
}

TEST_CASE("a pool that is larger than what the server allows does not make the node unready") {
  pg_fixture::use_own_server(); // for a role
  actor_fixture bench(pool_of(3));
  auto admin = connect_to(pg_fixture::admin_database());
  must(admin.exec_script(
      "DROP ROLE IF EXISTS narrower; CREATE ROLE narrower LOGIN CONNECTION LIMIT 1"));
  auto owner = bench.connect();
  must(owner.exec_script("GRANT ALL ON ALL TABLES IN SCHEMA public TO narrower"));
  bench.node->conninfo += " user=narrower";
  const auto pool = bench.put<pool_state>(names::pool);
  const auto& reachable = bench.node->status.database_reachable;
  CHECK(id_in(bench.outcome_of(bench.send(pool, naming("did:plc:a")))) > 0);
  CHECK(reachable);
  users_table_lock table_lock(bench);
  const auto first = bench.send(pool, naming("did:plc:b"));
  const auto second = bench.send(pool, naming("did:plc:c"));
  const auto& refused = *bench.node->metrics.database().connect_failures;
  // At every refusal, and after it.
  for (double times = 1; times <= 4; ++times) {
    REQUIRE(eventually([&] { return refused.Value() >= times; }));
    CHECK_FALSE(bench.field(pool, "refused").empty());
    CHECK(reachable);
  }
  table_lock.release();
  CHECK(id_in(bench.outcome_of(first)) > 0);
  CHECK(id_in(bench.outcome_of(second)) > 0);
  CHECK(reachable);
}

TEST_CASE("one connection that is lost does not make the node unready; the loss of all does") {
  pg_fixture::use_own_server(); // for a role
  actor_fixture bench(pool_of(2));
  locked_out role(bench, "cut_off");
  const auto pool = bench.put<pool_state>(names::pool);
  const auto& reachable = bench.node->status.database_reachable;
  users_table_lock table_lock(bench);
  const auto first = bench.send(pool, naming("did:plc:a"));
  const auto second = bench.send(pool, naming("did:plc:b"));
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 2; }));
  table_lock.release();
  CHECK(id_in(bench.outcome_of(first)) > 0);
  CHECK(id_in(bench.outcome_of(second)) > 0);
  CHECK(reachable);
  role.lock();
  users_table_lock again(bench);
  for (const bool still : {true, false}) {
    const auto hit = bench.send(pool, naming("did:plc:c"));
    cut_blocked(again);
    CHECK_FALSE(bench.outcome_of(hit));
    CHECK(reachable == still);
  }
  again.release();
  CHECK_FALSE(bench.outcome_of(bench.send(pool, naming("did:plc:d"))));
  CHECK_FALSE(reachable);
  role.unlock();
  // The pool waits a moment before it asks again, and this one with it.
  CHECK(eventually(
      [&] { return bench.outcome_of(bench.send(pool, naming("did:plc:d"))).has_value(); }));
  CHECK(reachable);
}

TEST_CASE("a job of one statement has the server's limits and is tried again like any other") {
  auto options = pool_of(1);
  options.statement_timeout = 100ms;
  options.transaction_timeout = 5s;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto done = bench.outcome_of(bench.send(pool, naming("did:plc:a")));
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == "57014");
  CHECK(done.error().cls == db::error_class::transient);
  CHECK(bench.node->metrics.database().retries.of("57014").Value() == 3);
  CHECK(table_lock.blocked_backends().empty());
}

TEST_CASE("a job of one statement that is blocked is cancelled at its deadline, on the server") {
  auto options = pool_of(1);
  options.transaction_timeout = 300ms;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto before = steady_clock::now();
  const auto done = bench.outcome_of(bench.send(pool, naming("did:plc:a")));
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == "57014");
  // Far from the connection's own limit.
  CHECK(steady_clock::now() - before < 15s);
  CHECK(table_lock.blocked_backends().empty());
}
