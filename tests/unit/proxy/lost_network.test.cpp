#include "db/pg/transaction.hpp"
#include "tests/support/must.hpp"
#include "tests/support/proxied_database.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>

// A connection whose network to the server fails.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

using clock = db::connection::clock;

struct database : proxied_database {
  db::connection on =
      db::connection::open({.conninfo = conninfo, .connect_timeout = 1min, .cancel_grace = 300ms})
          .value();
};

db::outcome<void> ask(db::connection& on, std::chrono::milliseconds deadline) {
  db::tx_options options;
  options.deadline = deadline;
  return db::transaction::run(
      on, options, [](db::tx& in) { return in.exec("select 1").map([](const db::result&) {}); });
}

} // namespace

TEST_CASE("a silent server costs at most the deadline and the grace period of the cancel") {
  database db;
  must(ask(db.on, 2min));
  REQUIRE(db.proxy->set(proxy::mode::black_hole));
  const auto begin = clock::now();
  auto answer = std::async(std::launch::async, [&] { return ask(db.on, 2s); });
  const bool in_time = answer.wait_for(50s) == std::future_status::ready;
  CHECK(in_time);
  // Unblocks waiting connections, so that a failed test ends.
  const auto lost_after = clock::now() - begin;
  static_cast<void>(db.proxy->set(proxy::mode::pass));
  const auto lost = answer.get();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().cls == db::error_class::transient);
  CHECK(lost_after < 20s); // less than a connect may take
  CHECK_FALSE(db.on.is_open());
  must(ask(db.on, 2min));
}
