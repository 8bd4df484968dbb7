#include "db/pg/retry_policy.hpp"

#include <catch2/catch.hpp>

using namespace prism::db;
using namespace std::chrono_literals;

TEST_CASE("there are three retries, after 100, 200 and 400 ms") {
  const retry_policy policy;
  const auto deadlock = make_error("40P01", "deadlock detected");
  CHECK(policy.next_delay(deadlock, 0, 10s) == 100ms);
  CHECK(policy.next_delay(deadlock, 1, 10s) == 200ms);
  CHECK(policy.next_delay(deadlock, 2, 10s) == 400ms);
  CHECK_FALSE(policy.next_delay(deadlock, 3, 10s));
}

TEST_CASE("there is no retry after the deadline") {
  const retry_policy policy;
  const auto deadlock = make_error("40P01", "deadlock detected");
  CHECK_FALSE(policy.next_delay(deadlock, 0, 100ms));
  CHECK(policy.next_delay(deadlock, 0, 101ms) == 100ms);
}

TEST_CASE("a statement that the server cancels is retried, one that the deadline cancels is not") {
  const retry_policy policy;
  const auto cancelled = make_error("57014", "canceling statement due to statement timeout");
  CHECK(policy.next_delay(cancelled, 0, 10s) == 100ms);
  CHECK(policy.next_delay(cancelled, 1, 9s) == 200ms);
  CHECK(policy.next_delay(cancelled, 2, 8s) == 400ms);
  CHECK_FALSE(policy.next_delay(cancelled, 3, 7s));
  CHECK_FALSE(policy.next_delay(cancelled, 0, 0ms));
}

TEST_CASE("only errors that a short delay can resolve are retried") {
  const char* retried[] = {"40001", "40P01", "55P03", "08006", "08001", "08003", "57014",
                           "57P01", "57P02", "57P03", "25P03", "25006", "26000"};
  for (const char* state : retried) {
    CAPTURE(state);
    CHECK(retry_policy::is_retryable(make_error(state, "")));
  }
  const char* not_retried[] = {"53100", "53300", "23505", "22021", "42601", "08007", "08P01"};
  for (const char* state : not_retried) {
    CAPTURE(state);
    CHECK_FALSE(retry_policy::is_retryable(make_error(state, "")));
  }
}

TEST_CASE("an error of another class is not retried, for any state") {
  auto lost_at_commit = make_error("57P01", "terminated");
  lost_at_commit.cls = error_class::commit_unknown;
  CHECK_FALSE(retry_policy::is_retryable(lost_at_commit));
}
