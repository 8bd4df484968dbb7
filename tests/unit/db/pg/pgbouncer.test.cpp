// Through a PgBouncer in transaction mode, of a version without support for prepared statements:
// consecutive transactions of one connection run on different server connections.

#include "db/embedded/child_process.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/transaction.hpp"
#include "db/reads/reader_plans.hpp"
#include "db/reads/server_ids.hpp"
#include "db/reads/session.hpp"
#include "db/schema/migrator.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <unistd.h>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using prism::test::connect_to;
using prism::test::must;

namespace fs = std::filesystem;

namespace {

constexpr const char* program_path = "/usr/sbin/pgbouncer";
const statement add{"bouncer_add", "update t set x = x + $1 where id = $2"};
const statement note{"bouncer_note", "insert into notes select * from unnest($1::int8[])"};

/// The configuration that the manual recommends.
std::string example() {
  std::ifstream file(PRISM_SOURCE_DIR "/deploy/pgbouncer/pgbouncer.ini");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Replaces the value of a line of the example, and its name if there is another.
void set(std::string& text, const std::string& name, const std::string& value,
         const std::string& other_name = {}) {
  const auto begin = text.find('\n' + name + " = ");
  REQUIRE(begin != std::string::npos);
  const auto end = text.find('\n', begin + 1);
  text.replace(begin + 1, end - begin - 1,
               (other_name.empty() ? name : other_name) + " = " + value);
}

/// A pooler with two server connections to a new database.
class pooler {
public:
  pooler() {
    const auto direct = test::pg_fixture::fresh_database();
    const auto name_at = direct.find(" dbname=");
    REQUIRE(name_at != std::string::npos);
    const auto config = scratch_.path() / "pgbouncer.ini";
    auto text = example();
    set(text, "prism", direct.substr(0, name_at), "*");
    set(text, "default_pool_size", "2");
    set(text, "auth_type", "any");
    set(text, "unix_socket_dir", scratch_.path().string());
    std::ofstream(config) << text;
    conninfo_ =
        "host=" + scratch_.path().string() + " port=6432 user=prism" + direct.substr(name_at);
    child_options options;
    options.argv = {program_path, config.string()};
    options.output = scratch_.path() / "log";
    options.death_signal = SIGKILL; // also when this program is killed
    if (::geteuid() == 0) {
      auto user = find_user("postgres");
      REQUIRE(user);
      REQUIRE(::chown(scratch_.path().c_str(), user->uid, user->gid) == 0);
      options.user = *user;
    }
    auto started = child_process::start(options);
    if (!started)
      FAIL(started.error().message);
    program_.emplace(std::move(*started));
    const auto until = std::chrono::steady_clock::now() + 2min;
    while (!connection::open({.conninfo = conninfo_})) {
      REQUIRE_FALSE(program_->wait(10ms));
      REQUIRE(std::chrono::steady_clock::now() < until);
    }
  }

  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }

private:
  test::scratch_directory scratch_;
  std::string conninfo_;
  std::optional<child_process> program_;
};

bool have_pgbouncer() {
  if (::access(program_path, X_OK) == 0)
    return true;
  WARN("not tested: the Debian package pgbouncer is not installed");
  return false;
}

} // namespace

TEST_CASE("transactions through PgBouncer in transaction mode are exact") {
  if (!have_pgbouncer())
    return;
  constexpr int threads = 6;
  constexpr int rounds = 40;
  const pooler through;
  must(connect_to(through.conninfo())
           .exec_script("create table t (id int primary key, x bigint);"
                        "insert into t values (1, 0), (2, 0); create table notes (n bigint)"));
  std::vector<std::future<outcome<void>>> workers;
  for (int worker = 0; worker < threads; ++worker)
    workers.push_back(std::async(std::launch::async, [&, worker]() -> outcome<void> {
      auto on = connect_to(through.conninfo());
      tx_options options;
      options.deadline = 2min;
      options.retry.first_delay = 1ms;
      for (int round = 0; round < rounds; ++round) {
        const auto done = transaction::run(on, options, [&](tx& in) -> outcome<void> {
          pipeline p(in);
          p.add(add, params().int8(1).int4(1));
          p.add(note, params().int8_array(std::vector{worker, round}));
          p.add(add, params().int8(2).int4(2));
          return p.sync().map([](const auto&) {});
        });
        if (!done)
          return done;
      }
      return {};
    }));
  for (auto& worker : workers)
    must(worker.get());
  auto on = connect_to(through.conninfo());
  const auto sums = must(on.exec("select (select x from t where id = 1),"
                                 " (select x from t where id = 2), (select count(*) from notes),"
                                 " current_setting('statement_timeout')"));
  CHECK(sums.get_int8(0, 0) == threads * rounds);
  CHECK(sums.get_int8(0, 1) == threads * rounds * 2);
  CHECK(sums.get_int8(0, 2) == threads * rounds * 2);
  CHECK(sums.get_text(0, 3) == "0");
}

TEST_CASE("the deadline cancels through PgBouncer") {
  if (!have_pgbouncer())
    return;
  const pooler through;
  auto on = connect_to(through.conninfo());
  tx_options options;
  options.deadline = 300ms;
  const auto answer =
      transaction::run(on, options, [](tx& in) { return in.exec("select pg_sleep(600)"); });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK(must(on.exec("select 1")).get_int4(0, 0) == 1);
}

TEST_CASE("outside transactions, statements continue without names behind PgBouncer") {
  if (!have_pgbouncer())
    return;
  const statement one{"bouncer_one", "select 1"};
  const pooler through;
  auto first = connect_to(through.conninfo());
  must(first.exec_prepared(one));
  // The next client gets the same server connection, on which the name exists already.
  auto second = connect_to(through.conninfo());
  CHECK(must(second.exec_prepared(one)).get_int4(0, 0) == 1);
  // A transaction holds it; on the other server connection the name does not exist.
  auto third = connect_to(through.conninfo());
  must(third.exec_script("begin"));
  CHECK(must(first.exec_prepared(one)).get_int4(0, 0) == 1);
  // In a transaction, a name that does not exist would be an error.
  for (auto* each : {&first, &second}) {
    must(each->exec_script("begin"));
    CHECK(must(each->exec_prepared(one)).get_int4(0, 0) == 1);
    must(each->exec_script("rollback"));
  }
  must(third.exec_script("rollback"));
}

TEST_CASE("behind PgBouncer the plans of readers are theirs alone") {
  if (!have_pgbouncer())
    return;
  const statement one{"bouncer_setting", "select current_setting('enable_sort')"};
  const auto setting = [&](executor& on) {
    return std::string(must(on.exec_prepared(one)).get_text(0, 0));
  };
  const pooler through;
  reads::server_ids shared;
  auto reading = connect_to(through.conninfo());
  const auto joined = must(shared.join(reading));
  REQUIRE(joined.is_pooled);
  reads::session session(reading, joined.ids, joined.is_pooled);
  auto writer = connect_to(through.conninfo());
  // Nobody else is there, so both use the same server session.
  for (int i = 0; i < 3; ++i) {
    CHECK(setting(session) == "off");
    CHECK(setting(writer) == "on");
  }
  const auto direct = test::pg_fixture::fresh_database();
  auto alone = connect_to(direct);
  CHECK_FALSE(must(shared.join(alone)).is_pooled);
  must(reads::set_reader_plans(alone));
  CHECK(setting(alone) == "off");
}

TEST_CASE("migrations through PgBouncer are applied once") {
  if (!have_pgbouncer())
    return;
  const pooler through;
  const std::vector known{
      migration{1, "one", "create table m (x int)"},
      migration{2, "two", "insert into m values (1)"},
      migration{3, "three", "-- prism: no-transaction\ncreate index concurrently m_x on m (x)"}};
  std::vector<std::future<outcome<migration_report>>> programs;
  for (int i = 0; i < 3; ++i)
    programs.push_back(std::async(std::launch::async, [&] {
      auto on = connect_to(through.conninfo());
      return migrate(on, known);
    }));
  std::size_t applied = 0;
  for (auto& program : programs)
    applied += must(program.get()).applied.size();
  CHECK(applied == 3);
}
