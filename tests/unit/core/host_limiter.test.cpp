#include "core/host_limiter.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism;
using namespace std::chrono_literals;
using admission = host_limiter::admission;
using result = host_limiter::result;

namespace {

using prism::test::start;

host_limiter_options generous() {
  host_limiter_options options;
  options.rate = 1000;
  options.burst = 1000;
  options.circuit = {.failures = 3, .pause = 10s, .max_pause = 30s};
  return options;
}

void fail_once(host_limiter& limiter, const char* host, time_point now) {
  REQUIRE(limiter.enter(host, now) == admission::admitted);
  limiter.leave(host, result::failed, now);
}

} // namespace

TEST_CASE("A circuit opens after failures in a row, and only then") {
  circuit_breaker circuit{{.failures = 3, .pause = 10s, .max_pause = 15s}};
  for (int i = 0; i < 2; ++i) {
    REQUIRE(circuit.allow(start));
    circuit.failed(start);
  }
  REQUIRE(circuit.allow(start));
  circuit.succeeded();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(circuit.allow(start));
    circuit.failed(start);
  }
  CHECK(circuit.current() == circuit_breaker::state::open);
  CHECK_FALSE(circuit.allow(start + 9s));
}

TEST_CASE("An open circuit allows one probe, which closes it or opens it for longer") {
  circuit_breaker circuit{{.failures = 1, .pause = 10s, .max_pause = 15s}};
  REQUIRE(circuit.allow(start));
  circuit.failed(start);
  REQUIRE(circuit.allow(start + 10s));
  CHECK_FALSE(circuit.allow(start + 10s));
  circuit.failed(start + 10s);
  CHECK_FALSE(circuit.allow(start + 24s));
  REQUIRE(circuit.allow(start + 25s)); // 20 s, cut to 15
  circuit.succeeded();
  CHECK(circuit.allow(start + 25s));
  circuit.failed(start + 25s);
  CHECK(circuit.allow(start + 35s)); // the first pause again
}

TEST_CASE("A failure of a request sent before the circuit opened does not prolong it") {
  circuit_breaker circuit{{.failures = 1, .pause = 10s, .max_pause = 15s}};
  REQUIRE(circuit.allow(start));
  REQUIRE(circuit.allow(start));
  circuit.failed(start);
  circuit.failed(start + 5s);
  CHECK(circuit.allow(start + 10s));
}

TEST_CASE("After an abandoned probe the next request is the probe") {
  circuit_breaker circuit{{.failures = 1, .pause = 10s, .max_pause = 15s}};
  REQUIRE(circuit.allow(start));
  circuit.failed(start);
  REQUIRE(circuit.allow(start + 10s));
  circuit.abandoned(start + 11s);
  CHECK(circuit.allow(start + 11s));
}

TEST_CASE("A token bucket gives its burst at once and then its rate") {
  token_bucket bucket{2, 3, start};
  for (int i = 0; i < 3; ++i)
    CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  CHECK_FALSE(bucket.take(start + 499ms));
  CHECK(bucket.take(start + 500ms));
  CHECK_FALSE(bucket.take(start + 500ms));
  for (int i = 0; i < 3; ++i)
    CHECK(bucket.take(start + 1h));
  CHECK_FALSE(bucket.take(start + 1h));
  CHECK_FALSE(bucket.take(start)); // a clock that goes back adds no token
}

TEST_CASE("The limit of requests at once is per host") {
  host_limiter limiter{generous()};
  for (int i = 0; i < 4; ++i)
    REQUIRE(limiter.enter("a", start) == admission::admitted);
  CHECK(limiter.enter("a", start) == admission::busy);
  CHECK(limiter.enter("b", start) == admission::admitted);
  limiter.leave("a", result::answered, start);
  CHECK(limiter.enter("a", start) == admission::admitted);
}

TEST_CASE("The limit of the rate is per host") {
  auto options = generous();
  options.rate = 1;
  options.burst = 2;
  host_limiter limiter{options};
  REQUIRE(limiter.enter("a", start) == admission::admitted);
  REQUIRE(limiter.enter("a", start) == admission::admitted);
  CHECK(limiter.enter("a", start) == admission::rate);
  CHECK(limiter.enter("b", start) == admission::admitted);
  CHECK(limiter.enter("a", start + 1s) == admission::admitted);
}

TEST_CASE("One host's failures open its own circuit") {
  host_limiter limiter{generous()};
  for (int i = 0; i < 3; ++i)
    fail_once(limiter, "bad", start);
  CHECK(limiter.enter("bad", start) == admission::open);
  CHECK(limiter.open_circuits() == 1);
  CHECK(limiter.enter("good", start) == admission::admitted);
  REQUIRE(limiter.enter("bad", start + 10s) == admission::admitted);
  CHECK(limiter.enter("bad", start + 10s) == admission::open);
  limiter.leave("bad", result::answered, start + 10s);
  CHECK(limiter.open_circuits() == 0);
}

TEST_CASE("The limiter keeps a limited number of hosts and evicts none with requests in flight") {
  auto options = generous();
  options.max_hosts = 3;
  options.circuit.failures = 1;
  host_limiter limiter{options};
  fail_once(limiter, "bad", start);
  REQUIRE(limiter.enter("asked", start) == admission::admitted);
  for (int i = 0; i < 2; ++i)
    fail_once(limiter, std::to_string(i).c_str(), start);
  CHECK(limiter.size() == 3);
  CHECK(limiter.evictions() == 1);
  CHECK(limiter.open_circuits() == 2);                   // "bad" is evicted with its circuit
  CHECK(limiter.enter("new", start) == admission::busy); // "asked" would be evicted next
  limiter.leave("asked", result::answered, start);
  CHECK(limiter.enter("new", start) == admission::admitted);
  CHECK(limiter.size() == 3);
}

TEST_CASE("A request that an open circuit refuses, and the probe, do not count for the rate") {
  auto options = generous();
  options.rate = 0.001;
  options.burst = 4;
  host_limiter limiter{options};
  for (int i = 0; i < 3; ++i)
    fail_once(limiter, "bad", start);
  for (int i = 0; i < 5; ++i)
    CHECK(limiter.enter("bad", start) == admission::open);
  REQUIRE(limiter.enter("bad", start + 10s) == admission::admitted);
  limiter.leave("bad", result::answered, start + 10s);
  // The last of the burst is still there.
  CHECK(limiter.enter("bad", start + 10s) == admission::admitted);
  CHECK(limiter.enter("bad", start + 10s) == admission::rate);
}
