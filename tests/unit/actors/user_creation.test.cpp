#include "actors/user_creation.hpp"

#include "actors/pool.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/receive_answer.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/fake_pool.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <set>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

using dids = std::vector<std::string>;

constexpr auto one_batch = user_creation_state::batch_capacity;

[[nodiscard]] config::options at_once(std::uint64_t batches) {
  config::options out;
  out.max_concurrent_user_creations = batches;
  out.user_creation_timeout = std::chrono::hours{1};
  out.db_acquire_timeout = std::chrono::hours{1};
  return out;
}

/// `count` DIDs that sort behind `prefix`.
[[nodiscard]] dids many(const std::string& prefix, std::size_t count, std::size_t first = 0) {
  dids out;
  for (std::size_t i = first; i < first + count; ++i)
    out.push_back(fmt::format("did:plc:{}{:08}", prefix, i));
  return out;
}

/// user_creation with a pool, and the means to ask it.
struct user_creation_fixture : actor_fixture {
  explicit user_creation_fixture(config::options options)
      : actor_fixture(std::move(options)), pool(put<pool_state>(names::pool)),
        creator(put<user_creation_state>(names::user_creation)) {}

  [[nodiscard]] auto ask(dids wanted) {
    return self->request(creator, patience,
                         intern_users{std::make_shared<const dids>(std::move(wanted))});
  }

  template <class Asked>
  [[nodiscard]] interned_users answer_to(Asked what) {
    interned_users out;
    receive_answer(
        what, [&](const interned_users& answer) { out = answer; },
        [&](const caf::error& problem) {
          out.problem = "no answer: " + describe(system, problem);
        });
    return out;
  }
  template <class Asked>
  [[nodiscard]] std::vector<std::int64_t> ids_of(const Asked& what) {
    const auto answer = answer_to(what);
    if (!answer.ids)
      FAIL(answer.problem);
    return *answer.ids;
  }
  template <class Asked>
  [[nodiscard]] std::string problem_of(const Asked& what) {
    const auto answer = answer_to(what);
    return answer.ids ? "there are ids" : answer.problem;
  }

  [[nodiscard]] bool shows(const std::string& name, std::size_t value) {
    return eventually([&] { return field(creator, name) == std::to_string(value); });
  }
  [[nodiscard]] const metrics::user_creation_metrics& metrics() {
    return node->metrics.user_creation();
  }

  pool_actor pool;
  user_creation_actor creator;
};

/// A request in flight.
using asked = decltype(std::declval<user_creation_fixture&>().ask({}));

} // namespace

TEST_CASE("a DID in several requests goes to the database once, and all get its id") {
  user_creation_fixture bench(at_once(1));
  users_table_lock table_lock(bench);
  const auto at_work = bench.ask({"did:plc:x"});
  const auto same = bench.ask({"did:plc:x"});
  const auto both = bench.ask({"did:plc:y", "did:plc:x"});
  const auto again = bench.ask({"did:plc:x", "did:plc:y"});
  CHECK(bench.shows("requests", 4));
  CHECK(bench.metrics().waiting->Value() == 1);
  table_lock.release();
  const auto x = bench.ids_of(at_work).at(0);
  CHECK(bench.ids_of(same) == std::vector{x});
  const auto yx = bench.ids_of(both);
  CHECK(yx.at(0) != x);
  CHECK(yx.at(1) == x);
  CHECK(bench.ids_of(again) == std::vector{x, yx.at(0)});
  CHECK(bench.metrics().interned->Value() == 2);
}

TEST_CASE("with one batch at a time, the first request gets its ids first") {
  user_creation_fixture bench(at_once(1));
  users_table_lock table_lock(bench);
  std::vector<asked> sent;
  // Each fills one batch; the database would sort them the other way round. The last is short,
  // and waits like the others.
  for (const char* const who : {"f", "e", "d", "c", "b"})
    sent.push_back(bench.ask(many(who, one_batch)));
  sent.push_back(bench.ask(many("a", 1)));
  REQUIRE(bench.shows("requests", 6));
  CHECK(bench.metrics().waiting->Value() == 4 * one_batch + 1);
  table_lock.release();
  std::int64_t last = 0;
  for (const auto& each : sent) {
    const auto ids = bench.ids_of(each);
    CHECK(std::ranges::min(ids) > last);
    last = std::ranges::max(ids);
  }
}

TEST_CASE("no more batches are at work than MAX_CONCURRENT_USER_CREATIONS") {
  user_creation_fixture bench(at_once(3));
  users_table_lock table_lock(bench);
  std::vector<asked> sent;
  for (std::size_t i = 0; i < 8; ++i)
    sent.push_back(bench.ask(many("x", one_batch, i * one_batch)));
  REQUIRE(bench.shows("requests", 8));
  CHECK(bench.metrics().in_flight->Value() == 3);
  CHECK(bench.metrics().waiting->Value() == 5 * one_batch);
  // The pool has had everything that it will get for now.
  CHECK(bench.field(bench.pool, "active") == "3");
  CHECK(bench.field(bench.pool, "waiting") == "0");
  CHECK(eventually([&] { return table_lock.blocked_backends().size() == 3; }));
  table_lock.release();
  for (const auto& each : sent) {
    CHECK(bench.ids_of(each).size() == one_batch);
    CHECK(bench.metrics().in_flight->Value() <= 3);
  }
  CHECK(bench.shows("batches", 0));
}

TEST_CASE(
    "a request that waits too long fails, its DIDs keep their places, and it may be repeated") {
  auto options = at_once(1);
  options.user_creation_timeout = 100ms;
  user_creation_fixture bench(options);
  log_capture log;
  users_table_lock table_lock(bench);
  const auto first = many("c", one_batch);
  const auto second = many("b", one_batch);
  const auto at_work = bench.ask(first);
  const auto queued = bench.ask(second);
  CHECK(bench.problem_of(at_work) == "no answer within 100 ms");
  CHECK(bench.problem_of(queued) == "no answer within 100 ms");
  CHECK(bench.metrics().timeouts->Value() == 2);
  CHECK(log.count("timed out after 100 ms; the shard asks again") == 2);
  CHECK(bench.field(bench.creator, "requests") == "0");
  // Somebody else comes between, and is served behind them.
  const auto third = bench.ask(many("a", one_batch));
  CHECK(bench.problem_of(third) == "no answer within 100 ms");
  CHECK(bench.field(bench.creator, "waiting") == std::to_string(2 * one_batch));
  CHECK(bench.problem_of(bench.ask(second)) == "no answer within 100 ms");
  CHECK(bench.field(bench.creator, "waiting") == std::to_string(2 * one_batch));
  table_lock.release();
  std::int64_t last = 0;
  for (const auto& each : {first, second, many("a", one_batch)}) {
    // Their batches were not given up: whoever asks after them finds them, or waits for them.
    interned_users answer;
    REQUIRE(eventually([&] { return (answer = bench.answer_to(bench.ask(each))).ids != nullptr; }));
    CHECK(std::ranges::min(*answer.ids) > last);
    last = std::ranges::max(*answer.ids);
  }
  CHECK(bench.metrics().interned->Value() == 3 * one_batch);
}

TEST_CASE("a batch that fails fails the requests for its DIDs and no others") {
  auto options = at_once(2);
  options.transaction_timeout = std::chrono::minutes{10};
  user_creation_fixture bench(options);
  users_table_lock table_lock(bench);
  const auto hit = bench.ask({"did:plc:hit"});
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 1; }));
  auto backend = table_lock.blocked_backends().at(0);
  const auto spared = bench.ask({"did:plc:spared"});
  const auto partly = bench.ask({"did:plc:spared", "did:plc:queued", "did:plc:hit"});
  const auto behind = bench.ask({"did:plc:queued", "did:plc:spared"});
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 2; }));
  auto admin = connect_to(pg_fixture::admin_database());
  auto others = table_lock.blocked_backends();
  std::erase(others, backend);
  const auto other = others.at(0);
  // A lost connection is made anew three times.
  for (int cut = 0; cut < 4; ++cut) {
    REQUIRE(eventually([&] {
      const auto now = table_lock.blocked_backends();
      const auto next = std::ranges::find_if(
          now, [&](auto pid) { return pid != other && (cut == 0 || pid != backend); });
      const bool found = next != now.end();
      backend = found ? *next : backend;
      return found;
    }));
    must(admin.exec("SELECT pg_terminate_backend($1)", db::params().int4(backend)));
  }
  CHECK_THAT(bench.problem_of(hit), Catch::Contains("terminating connection"));
  CHECK_THAT(bench.problem_of(partly), Catch::Contains("terminating connection"));
  CHECK(bench.field(bench.creator, "requests") == "2");
  table_lock.release();
  const auto id = bench.ids_of(spared).at(0);
  CHECK(bench.ids_of(behind).at(1) == id);
  CHECK(bench.ids_of(bench.ask({"did:plc:hit", "did:plc:spared"})).at(1) == id);
  CHECK(bench.metrics().interned->Value() == 3);
}

TEST_CASE("a burst of new users does not delay known ones, and is bounded in memory") {
  constexpr std::size_t askers = 8;
  constexpr std::size_t of_request = 500;
  constexpr std::size_t all = user_creation_state::cache_capacity + 10'000;
  user_creation_fixture bench(at_once(2));
  const auto known = bench.ids_of(bench.ask({"did:plc:known"}));
  std::vector<std::int64_t> ids;
  const auto burst_until = [&](std::size_t end) {
    std::deque<asked> sent;
    std::size_t next = ids.size();
    const auto fill = [&] {
      for (; sent.size() < askers && next < end; next += of_request)
        sent.push_back(bench.ask(many("new", of_request, next)));
    };
    {
      users_table_lock table_lock(bench);
      fill();
      REQUIRE(bench.shows("requests", askers));
      CHECK(bench.ids_of(bench.ask({"did:plc:known"})) == known);
      CHECK(bench.field(bench.creator, "requests") == std::to_string(askers));
    }
    while (!sent.empty()) {
      const auto some = bench.ids_of(sent.front());
      sent.pop_front();
      ids.insert(ids.end(), some.begin(), some.end());
      fill();
      REQUIRE(bench.metrics().waiting->Value() <= askers * of_request);
      REQUIRE(bench.metrics().in_flight->Value() <= 2);
    }
  };
  burst_until(all / 2);
  burst_until(all);
  REQUIRE(ids.size() == all);
  auto on = bench.connect();
  const auto rows =
      must(on.exec("SELECT id FROM users WHERE did LIKE 'did:plc:new%' ORDER BY did"));
  REQUIRE(rows.rows() == all);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all; ++i)
    wrong += rows.get_int8(i, 0) == ids[i] ? 0 : 1;
  CHECK(wrong == 0);
  CHECK(std::set<std::int64_t>(ids.begin(), ids.end()).size() == all);
  CHECK(bench.field(bench.creator, "cached") ==
        std::to_string(user_creation_state::cache_capacity));
  CHECK(bench.shows("waiting", 0));
}

TEST_CASE("a database that is too slow for a whole batch of new users gets smaller ones") {
  actor_fixture bench(at_once(1));
  const auto script = std::make_shared<pool_script>();
  constexpr std::size_t fits = 100;
  script->set([](const db::job& what) -> db::job_outcome {
    const auto& wanted = std::get<db::intern_job>(what).dids;
    if (wanted.size() > fits)
      return db::db_fail("57014", "canceling statement due to user request");
    return std::vector<std::int64_t>(wanted.size(), 7);
  });
  bench.put<fake_pool_state>(names::pool, script);
  const auto creator = bench.put<user_creation_state>(names::user_creation);
  const auto wanted = std::make_shared<const dids>(many("u", one_batch));
  // As a shard does it: it asks again until all are there.
  bool done = false;
  for (int asked = 0; !done && asked < 50; ++asked)
    receive_answer(
        bench.self->request(creator, patience, intern_users{wanted}),
        [&](const interned_users& answer) { done = answer.ids != nullptr; },
        [&](const caf::error& problem) { FAIL(describe(bench.system, problem)); });
  CHECK(done);
}

TEST_CASE("a fatal error is reported as one that needs the operator") {
  actor_fixture bench(at_once(1));
  const auto script = std::make_shared<pool_script>();
  bench.put<fake_pool_state>(names::pool, script);
  const auto creator = bench.put<user_creation_state>(names::user_creation);
  const auto answer = [&](const char* sqlstate) {
    script->set([=](const db::job&) -> db::job_outcome { return db::db_fail(sqlstate, "no"); });
    interned_users out;
    receive_answer(
        bench.self->request(creator, patience,
                            intern_users{std::make_shared<const dids>(many("u", 1))}),
        [&](const interned_users& got) { out = got; },
        [&](const caf::error& problem) { FAIL(describe(bench.system, problem)); });
    CHECK(out.ids == nullptr);
    return out;
  };
  CHECK_FALSE(answer("53100").needs_operator);
  const auto refused = answer("42501");
  CHECK(refused.needs_operator);
  CHECK(refused.problem == "42501 (fatal): no");
}

TEST_CASE("a DID that the database rejects fails the requests for it and delays no others") {
  actor_fixture bench(at_once(1));
  const auto script = std::make_shared<pool_script>();
  bench.put<fake_pool_state>(names::pool, script);
  const auto creator = bench.put<user_creation_state>(names::user_creation);
  auto with_bad = many("a", 40);
  with_bad.insert(with_bad.begin() + 17, "bad");
  // One batch is at work, so that all others go together.
  auto first = bench.self->request(creator, patience,
                                   intern_users{std::make_shared<const dids>(many("x", 1))});
  auto bad =
      bench.self->request(creator, patience, intern_users{std::make_shared<const dids>(with_bad)});
  auto good = bench.self->request(creator, patience,
                                  intern_users{std::make_shared<const dids>(many("b", 40))});
  REQUIRE(eventually([&] { return script->jobs == 1; }));
  script->set([](const db::job& what) -> db::job_outcome {
    const auto& wanted = std::get<db::intern_job>(what).dids;
    if (std::ranges::find(wanted, "bad") != wanted.end())
      return db::db_fail("23514", "no such user");
    return std::vector<std::int64_t>(wanted.size(), 7);
  });
  caf::anon_send(caf::actor_cast<caf::actor>(bench.node->actors.find(names::pool)), wake_up{});
  const auto fails = [&](const caf::error& problem) { FAIL(describe(bench.system, problem)); };
  receive_answer(
      first, [&](const interned_users& got) { CHECK(got.ids != nullptr); }, fails);
  receive_answer(
      bad,
      [&](const interned_users& got) {
        CHECK(got.ids == nullptr);
        CHECK(got.refused == "23514");
        CHECK_FALSE(got.needs_operator);
      },
      fails);
  receive_answer(
      good, [&](const interned_users& got) { CHECK(got.ids != nullptr); }, fails);
}
