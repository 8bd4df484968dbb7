#include "tests/integration/overload/heavy_load.hpp"

#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// "PG down: the cursor does not advance, nothing is lost, memory is flat": a stream of thousands of
// events per second while the database will not take them.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

TEST_CASE(
    "a database slowed to 50 transactions per second holds back the relay and costs nothing") {
  heavy_load load;
  load.database.proxy->limit_commits(50);
  REQUIRE(eventually([&] { return load.relay_is_blocked(); }));
  const auto before = load.stored_seq();
  REQUIRE(eventually([&] { return load.stored_seq() > before; })); // slow, not stuck
  CHECK(eventually([&] { return load.ready() == 200; }));
  CHECK(load.growth() < heavy_load::max_growth);
  CHECK(load.database.proxy->stats().slowed > 0);
  load.database.proxy->limit_commits(0);
  load.check_end();
}

TEST_CASE(
    "a database slowed to 50 operations per second is got on with, in batches that it can end") {
  heavy_load load(500);  // of which two thirds are likes: a full batch would take it 27 s
  load.slow_likes(80ms); // in each of the four shards
  REQUIRE(eventually([&] { return load.relay_is_blocked(); }));
  const auto& batches = load.running->context().metrics.batches().batches;
  REQUIRE(eventually([&] { return batches.of("transient").Value() > 0; }));
  // Each shard gets on, several times.
  for (int steps = 0; steps < 3; ++steps) {
    const auto before = load.stored_seq();
    REQUIRE(eventually([&] { return load.stored_seq() > before; }));
  }
  CHECK(eventually([&] { return load.ready() == 200; }));
  CHECK(load.growth() < heavy_load::max_growth);
  // What the database can do is found out once, and not overstepped in every other batch.
  const auto begun = batches.of("committed").Value();
  REQUIRE(eventually([&] { return batches.of("committed").Value() >= begun + 20; }));
  const auto failed = batches.of("transient").Value();
  const auto committed = batches.of("committed").Value();
  REQUIRE(eventually([&] { return batches.of("committed").Value() >= committed + 20; }));
  CHECK(batches.of("transient").Value() <= failed + 7);
  load.full_speed();
  load.check_end();
}

TEST_CASE("a database that falls silent for a minute stops the cursor, and everything is caught up "
          "after it") {
  heavy_load load;
  REQUIRE(eventually([&] { return load.stored_seq() > 500; }));
  REQUIRE(load.ready() == 200);
  const auto end = std::chrono::steady_clock::now() + 60s;
  REQUIRE(load.database.proxy->set(proxy::mode::black_hole));
  REQUIRE(eventually([&] { return load.relay_is_blocked(); }));
  // Nobody can know before the transaction's second and the cancel's five have passed.
  REQUIRE(eventually([&] { return load.ready() == 503; }));
  const auto stored = load.stored_seq(); // a commit that was on its way has ended
  // And so it stays for as long as it lasts.
  std::size_t peak = 0;
  int looks = 0;
  for (; std::chrono::steady_clock::now() < end; ++looks) {
    REQUIRE(load.relay_is_blocked()); // takes a while
    REQUIRE(load.stored_seq() == stored);
    REQUIRE(load.ready() == 503);
    peak = std::max(peak, load.growth());
  }
  CHECK(looks > 20);
  CHECK(peak < heavy_load::max_growth);
  CHECK(load.database.proxy->stats().swallowed > 0);
  // Not only the database is told of: the shards have stood for longer than 30 s.
  const auto says = load.ready_text();
  INFO(says);
  CHECK(says.find("FAIL shard-") != std::string::npos);
  CHECK(says.find(" has made no progress for ") != std::string::npos);
  REQUIRE(load.database.proxy->set(proxy::mode::pass));
  REQUIRE(eventually([&] { return load.ready() == 200; }));
  load.check_end();
}

TEST_CASE("a database without a free connection is waited for") {
  pg_fixture::use_own_server(); // all its connections are taken
  heavy_load load;
  REQUIRE(eventually([&] { return load.stored_seq() > 500; }));
  REQUIRE(load.database.proxy->set(proxy::mode::refuse));
  std::vector<db::connection> others;
  for (;;) {
    auto one = db::connection::open({.conninfo = load.database.direct});
    if (!one) {
      REQUIRE(one.error().sqlstate == "53300");
      break;
    }
    others.push_back(std::move(*one));
  }
  REQUIRE(load.database.proxy->set(proxy::mode::pass));
  const auto& errors = load.running->context().metrics.database().errors;
  const auto before = errors.of("transient").Value();
  REQUIRE(eventually([&] { return errors.of("transient").Value() > before + 3; }));
  const auto stored = load.stored_seq();
  REQUIRE(eventually([&] { return load.relay_is_blocked(); }));
  CHECK(load.ready() == 503);
  CHECK(load.stored_seq() == stored);
  CHECK(load.growth() < heavy_load::max_growth);
  others.clear();
  REQUIRE(eventually([&] { return load.ready() == 200; }));
  load.check_end();
}

TEST_CASE("a full disk is waited for, and nothing is taken for poison") {
  heavy_load load;
  auto admin = connect_to(load.database.direct);
  must(admin.exec_script(
      "create table full_disk (); create function refuse() returns trigger language plpgsql as "
      "$$ begin if to_regclass('full_disk') is not null then raise exception 'could not extend "
      "file: No space left on device' using errcode = '53100'; end if; return null; end $$; "
      "create trigger refuse before insert on likes execute function refuse();"));
  REQUIRE(eventually([&] { return load.relay_is_blocked(); }));
  // The database answers, and the shards may be at it for a while.
  CHECK(eventually([&] { return load.ready() == 200; }));
  const auto& errors = load.running->context().metrics.database().errors;
  REQUIRE(eventually([&] { return errors.of("transient").Value() > 0; }));
  // But not for 30 s: by then each shard says so, and nothing else is the matter.
  REQUIRE(eventually([&] { return load.ready() == 503; }));
  const auto stored = load.stored_seq(); // batches have shrunk: one without likes could be written
  REQUIRE(eventually([&] {
    const auto says = load.ready_text();
    for (int shard = 0; shard < 4; ++shard)
      if (says.find(fmt::format("FAIL shard-{}", shard)) == std::string::npos)
        return false;
    return true;
  }));
  const auto says = load.ready_text();
  INFO(says);
  CHECK(says.find(" has made no progress for ") != std::string::npos);
  CHECK(says.find("ok   database") != std::string::npos);
  CHECK(load.relay_is_blocked());
  CHECK(load.stored_seq() == stored);
  CHECK(load.growth() < heavy_load::max_growth);
  must(admin.exec_script("drop table full_disk"));
  REQUIRE(eventually([&] { return load.ready() == 200; }));
  load.check_end();
  CHECK(must(admin.exec("select count(*) from dead_letters")).get_int8(0, 0) == 0);
}
