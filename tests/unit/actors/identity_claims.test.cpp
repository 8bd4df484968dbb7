#include "actors/identity_claims.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using db::identity_kind;

namespace {

constexpr time_point begin{1h};

[[nodiscard]] db::identity_task task(std::int64_t user,
                                     identity_kind kind = identity_kind::handle) {
  db::identity_task out;
  out.user_id = user;
  out.kind = kind;
  return out;
}

[[nodiscard]] db::claimed_tasks found(std::vector<db::identity_task> tasks,
                                      std::int64_t untried = 0) {
  db::claimed_tasks out;
  out.tasks = std::move(tasks);
  out.untried = untried;
  return out;
}

} // namespace

TEST_CASE("as many tasks are claimed as there is room for, of users that have none here") {
  identity_claims claims(3, begin);
  const auto first = claims.next_claim(begin);
  REQUIRE(first);
  CHECK(first->limit == 3);
  CHECK(first->busy_users.empty());
  CHECK_FALSE(claims.next_claim(begin)); // one is unanswered
  CHECK(claims.claimed(found({task(7), task(8)}), begin).size() == 2);
  const auto second = claims.next_claim(begin + 1s);
  REQUIRE(second);
  CHECK(second->limit == 1);
  CHECK(second->busy_users == std::vector<std::int64_t>{7, 8});
  static_cast<void>(claims.claimed(found({task(9)}), begin));
  CHECK_FALSE(claims.next_claim(begin)); // full
  claims.release({8, identity_kind::handle});
  CHECK(claims.next_claim(begin)->limit == 1);
}

TEST_CASE("a task in flight is not started twice") {
  identity_claims claims(3, begin);
  static_cast<void>(claims.next_claim(begin));
  static_cast<void>(claims.claimed(found({task(7)}), begin + 1s));
  static_cast<void>(claims.next_claim(begin));
  const auto started =
      claims.claimed(found({task(7), task(7, identity_kind::deletion)}), begin + 2s);
  REQUIRE(started.size() == 1);
  CHECK(started[0].kind == identity_kind::deletion);
  CHECK(claims.in_flight() == 2);
  REQUIRE(claims.find({7, identity_kind::handle}));
  CHECK(claims.find({7, identity_kind::handle})->since == begin + 1s);
  CHECK_FALSE(claims.find({8, identity_kind::handle}));
}

TEST_CASE("tasks of a predecessor are claimed at the start, and while they may still appear") {
  identity_claims claims(3, begin);
  CHECK(claims.next_claim(begin)->include_claimed);
  claims.claim_failed();
  CHECK(claims.next_claim(begin)->include_claimed); // it has not been done yet
  static_cast<void>(claims.claimed(found({}, 0), begin));
  CHECK_FALSE(claims.next_claim(begin)->include_claimed); // there are none
  static_cast<void>(claims.claimed(found({}, 2), begin));
  CHECK(claims.next_claim(begin + 4min)->include_claimed); // two are hidden by a claim not ours
  static_cast<void>(claims.claimed(found({}, 2), begin));
  CHECK(claims.next_claim(begin + 5min)->include_claimed);
  static_cast<void>(claims.claimed(found({}, 2), begin));
  CHECK_FALSE(claims.next_claim(begin + 5min)->include_claimed); // that claim has ended
}

TEST_CASE("own tasks in flight are no sign of a predecessor's") {
  identity_claims claims(3, begin);
  static_cast<void>(claims.next_claim(begin));
  static_cast<void>(claims.claimed(found({task(7)}, 1), begin));
  CHECK_FALSE(claims.next_claim(begin)->include_claimed);
  static_cast<void>(claims.claimed(found({}, 1), begin));
  CHECK_FALSE(claims.next_claim(begin)->include_claimed);
}

TEST_CASE(
    "there is nothing to do since the last claim that found no untried task, with none here") {
  identity_claims claims(3, begin);
  CHECK_FALSE(claims.idle_since());
  static_cast<void>(claims.next_claim(begin + 1s));
  static_cast<void>(claims.claimed(found({}, 1), begin + 9s));
  CHECK_FALSE(claims.idle_since());
  static_cast<void>(claims.next_claim(begin + 2s));
  static_cast<void>(claims.claimed(found({task(7)}, 0), begin + 9s));
  CHECK_FALSE(claims.idle_since());
  claims.release({7, identity_kind::handle});
  static_cast<void>(claims.next_claim(begin + 3s));
  static_cast<void>(claims.claimed(found({}, 0), begin + 9s));
  CHECK(claims.idle_since() == begin + 3s); // when it asked, not when it was answered
}

TEST_CASE("after a stop nothing is claimed or started") {
  identity_claims claims(3, begin);
  static_cast<void>(claims.next_claim(begin));
  claims.stop();
  CHECK(claims.claiming());
  CHECK(claims.claimed(found({task(7)}), begin).empty());
  CHECK_FALSE(claims.claiming());
  CHECK(claims.in_flight() == 0);
  CHECK_FALSE(claims.next_claim(begin));
}
