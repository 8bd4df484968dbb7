#include "core/event_trace.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

namespace {
using prism::test::start;
}

TEST_CASE("a trace follows the events of one repo and ends by itself") {
  event_trace trace;
  CHECK_FALSE(trace.active());
  trace.received(1, "did:plc:a", 10, start);
  CHECK(trace.read(start).events.empty());

  CHECK(trace.start({.did = "did:plc:a", .seq = {}}, {.events = 2, .time = 60s}, start) == 1);
  trace.received(2, "did:plc:a", 10, start);
  trace.received(3, "did:plc:b", 10, start);
  trace.reached(2, "sent", "to shard-1", start + 1s);
  trace.reached(3, "sent", "to shard-2", start + 1s);
  trace.finished(2, "committed", "", start + 2s);
  trace.reached(2, "late", "", start + 3s);
  auto seen = trace.read(start + 3s);
  REQUIRE(seen.events.size() == 1);
  CHECK(seen.active);
  REQUIRE(seen.events[0].hops.size() == 3);
  CHECK(seen.events[0].hops[1].where == "sent");
  CHECK(seen.events[0].hops[2].at == start + 2s);

  trace.received(4, "did:plc:a", 10, start + 4s);
  trace.received(5, "did:plc:a", 10, start + 4s); // one too many
  trace.finished(4, "committed", "", start + 5s);
  CHECK_FALSE(trace.active());
  seen = trace.read(start + 5s);
  CHECK(seen.events.size() == 2);
  CHECK_FALSE(seen.active);
}

TEST_CASE("a trace ends after its time, although no event came") {
  event_trace trace;
  trace.start({.did = "did:plc:a", .seq = {}}, {.events = 2, .time = 60s}, start);
  CHECK(trace.read(start + 59s).active);
  CHECK_FALSE(trace.read(start + 60s).active);
  trace.received(2, "did:plc:a", 10, start + 61s);
  CHECK(trace.read(start + 61s).events.empty());
}

TEST_CASE("a trace is bounded in events, hops and text") {
  event_trace trace;
  trace.start({.did = "d", .seq = {}}, {.events = 1'000'000, .time = 1h}, start);
  for (int i = 0; i < 500; ++i)
    trace.received(i, "d", 10, start);
  for (int i = 0; i < 100; ++i)
    trace.reached(7, "failed", std::string(10'000, 'x'), start);
  trace.finished(7, "committed", "", start);
  const auto seen = trace.read(start);
  REQUIRE(seen.events.size() == event_trace::max_events);
  CHECK(seen.events[7].hops.size() == event_trace::max_hops + 1);
  CHECK(seen.events[7].hops_left_out == 101 - event_trace::max_hops);
  CHECK(seen.events[7].hops.back().where == "committed");
  CHECK(seen.events[7].hops[1].detail.size() == event_trace::max_detail);
}

TEST_CASE("one number can be traced, and a new trace ends the one before") {
  event_trace trace;
  trace.start({.did = "d", .seq = {}}, {.events = 5, .time = 1h}, start);
  CHECK(trace.start({.did = {}, .seq = 9}, {.events = 5, .time = 1h}, start) == 2);
  trace.received(8, "d", 10, start);
  trace.received(9, "e", 10, start);
  trace.finished(9, "committed", "", start);
  const auto seen = trace.read(start);
  CHECK(seen.events.size() == 1);
  CHECK_FALSE(seen.active);
}
