#include "core/host_gate.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism;
using namespace std::chrono_literals;
using admission = host_gate::admission;
using result = host_gate::result;

namespace {

using prism::test::start;

host_gate_options generous() {
  host_gate_options options;
  options.rate = 1000;
  options.burst = 1000;
  options.circuit = {.failures = 3, .pause = 10s, .max_pause = 30s};
  return options;
}

void fail_once(host_gate& gate, const char* host, time_point now) {
  REQUIRE(gate.enter(host, now) == admission::admitted);
  gate.leave(host, result::failed, now);
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
  host_gate gate{generous()};
  for (int i = 0; i < 4; ++i)
    REQUIRE(gate.enter("a", start) == admission::admitted);
  CHECK(gate.enter("a", start) == admission::busy);
  CHECK(gate.enter("b", start) == admission::admitted);
  gate.leave("a", result::answered, start);
  CHECK(gate.enter("a", start) == admission::admitted);
}

TEST_CASE("The limit of the rate is per host") {
  auto options = generous();
  options.rate = 1;
  options.burst = 2;
  host_gate gate{options};
  REQUIRE(gate.enter("a", start) == admission::admitted);
  REQUIRE(gate.enter("a", start) == admission::admitted);
  CHECK(gate.enter("a", start) == admission::rate);
  CHECK(gate.enter("b", start) == admission::admitted);
  CHECK(gate.enter("a", start + 1s) == admission::admitted);
}

TEST_CASE("One host's failures open its own circuit") {
  host_gate gate{generous()};
  for (int i = 0; i < 3; ++i)
    fail_once(gate, "bad", start);
  CHECK(gate.enter("bad", start) == admission::open);
  CHECK(gate.open_circuits() == 1);
  CHECK(gate.enter("good", start) == admission::admitted);
  REQUIRE(gate.enter("bad", start + 10s) == admission::admitted);
  CHECK(gate.enter("bad", start + 10s) == admission::open);
  gate.leave("bad", result::answered, start + 10s);
  CHECK(gate.open_circuits() == 0);
}

TEST_CASE("The gate keeps a limited number of hosts and evicts none with requests in flight") {
  auto options = generous();
  options.max_hosts = 3;
  options.circuit.failures = 1;
  host_gate gate{options};
  fail_once(gate, "bad", start);
  REQUIRE(gate.enter("asked", start) == admission::admitted);
  for (int i = 0; i < 2; ++i)
    fail_once(gate, std::to_string(i).c_str(), start);
  CHECK(gate.size() == 3);
  CHECK(gate.evictions() == 1);
  CHECK(gate.open_circuits() == 2);                   // "bad" is evicted with its circuit
  CHECK(gate.enter("new", start) == admission::busy); // "asked" would be evicted next
  gate.leave("asked", result::answered, start);
  CHECK(gate.enter("new", start) == admission::admitted);
  CHECK(gate.size() == 3);
}

TEST_CASE("A request that an open circuit refuses, and the probe, do not count for the rate") {
  auto options = generous();
  options.rate = 0.001;
  options.burst = 4;
  host_gate gate{options};
  for (int i = 0; i < 3; ++i)
    fail_once(gate, "bad", start);
  for (int i = 0; i < 5; ++i)
    CHECK(gate.enter("bad", start) == admission::open);
  REQUIRE(gate.enter("bad", start + 10s) == admission::admitted);
  gate.leave("bad", result::answered, start + 10s);
  // The last of the burst is still there.
  CHECK(gate.enter("bad", start + 10s) == admission::admitted);
  CHECK(gate.enter("bad", start + 10s) == admission::rate);
}
