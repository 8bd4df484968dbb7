#include "core/backoff.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace std::chrono_literals;
using prism::backoff;
using prism::backoff_options;

TEST_CASE("a backoff without jitter doubles from min and stays at max") {
  backoff delays({.min = 1s, .max = 30s, .factor = 2.0, .jitter = 0.0});
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s})
    CHECK(delays.next(0.5) == expected);
  CHECK(delays.attempts() == 8);
}

TEST_CASE("a successful attempt resets a backoff to min") {
  backoff delays({.min = 1s, .max = 30s, .factor = 3.0, .jitter = 0.0});
  CHECK(delays.next(0) == 1s);
  CHECK(delays.next(0) == 3s);
  delays.reset();
  CHECK(delays.attempts() == 0);
  CHECK(delays.next(0) == 1s);
}

TEST_CASE("jitter shortens a delay by at most its share and never lengthens it") {
  const backoff_options options{.min = 1s, .max = 30s, .factor = 2.0, .jitter = 0.4};
  backoff shortest(options);
  backoff middle(options);
  backoff longest(options);
  CHECK(shortest.next(0.0) == 600ms);
  CHECK(middle.next(0.5) == 800ms);
  CHECK(longest.next(1.0) == 1000ms);
  for (int i = 0; i < 10; ++i) {
    CHECK(shortest.next(0.0) <= 18s);
    CHECK(longest.next(1.0) <= 30s);
  }
  CHECK(shortest.next(0.0) == 18s);
  CHECK(longest.next(1.0) == 30s);
}

TEST_CASE("the random number of a backoff is clamped, even NaN") {
  backoff delays({.min = 1s, .max = 1s, .factor = 1.0, .jitter = 0.5});
  CHECK(delays.next(-7.0) == 500ms);
  CHECK(delays.next(7.0) == 1s);
  CHECK(delays.next(std::numeric_limits<double>::quiet_NaN()) == 500ms);
}

TEST_CASE("validation names the backoff option that is out of range") {
  const auto message = [](backoff_options options) {
    const auto result = prism::validate(options);
    return result ? std::string("valid") : result.error().message;
  };
  CHECK(message({}) == "valid");
  CHECK_THAT(message({.min = 0ms}), Catch::Contains("min"));
  CHECK_THAT(message({.min = 2s, .max = 1s}), Catch::Contains("max"));
  CHECK_THAT(message({.factor = 0.5}), Catch::Contains("factor"));
  CHECK_THAT(message({.factor = std::numeric_limits<double>::quiet_NaN()}),
             Catch::Contains("factor"));
  CHECK_THAT(message({.jitter = -0.1}), Catch::Contains("jitter"));
  CHECK_THAT(message({.jitter = 1.1}), Catch::Contains("jitter"));
}

TEST_CASE("a backoff with invalid options still gives usable delays") {
  backoff delays({.min = -5s, .max = -9s, .factor = 0.0, .jitter = 9.0});
  for (int i = 0; i < 5; ++i) {
    const auto delay = delays.next(1.0);
    CHECK(delay >= 0ms);
    CHECK(delay <= 1ms);
  }
}
