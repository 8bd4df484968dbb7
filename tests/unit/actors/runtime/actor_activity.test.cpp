#include "actors/runtime/actor_activity.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

namespace {

struct one {};
struct two {};

void handle(actor_activity& on, const std::type_info* type, time_point at,
            steady_clock::duration took) {
  on.begin(type, at);
  on.end(at + took);
}

} // namespace

TEST_CASE("what waits in a mailbox, and for how long, is known without the actor") {
  actor_activity activity;
  const time_point start{1h};
  CHECK(activity.read(start).waiting == 0);
  CHECK(activity.read(start).last_message.empty());
  for (int i = 0; i < 3; ++i)
    activity.arrived(start + i * 1s);
  auto seen = activity.read(start + 10s);
  CHECK(seen.waiting == 3);
  CHECK(seen.oldest == 10s);
  CHECK_FALSE(seen.handling);

  activity.begin(&typeid(one), start + 10s); // and gets stuck
  seen = activity.read(start + 30s);
  CHECK(seen.waiting == 2);
  CHECK(seen.oldest == 29s);
  REQUIRE(seen.handling);
  CHECK(*seen.handling == 20s);
  CHECK(seen.last_message.ends_with("one"));
}

TEST_CASE("of more messages than are remembered the age is a lower bound") {
  actor_activity activity;
  const time_point start{1h};
  for (std::size_t i = 0; i < 2 * actor_activity::remembered; ++i)
    activity.arrived(start + i * 1s);
  const auto seen = activity.read(start + 1'000s);
  CHECK(seen.waiting == 2 * actor_activity::remembered);
  CHECK(seen.oldest == 1'000s - actor_activity::remembered * 1s);
}

TEST_CASE("times are kept for each type of message, the slowest first") {
  actor_activity activity;
  const time_point start{1h};
  for (int i = 0; i < 200; ++i)
    handle(activity, &typeid(one), start, 1ms);
  handle(activity, &typeid(two), start, 5s);
  handle(activity, nullptr, start, 1us);
  const auto seen = activity.read(start);
  CHECK(seen.handled == 202);
  REQUIRE(seen.types.size() == 3);
  CHECK(seen.types[0].type.ends_with("two"));
  CHECK(seen.types[0].max == Approx(5));
  CHECK(seen.types[0].p99 == Approx(5)); // not above the longest
  CHECK(seen.types[1].handled == 200);
  CHECK(seen.types[1].seconds == Approx(0.2));
  CHECK(seen.types[1].p99 == Approx(0.001));
  CHECK(seen.types[2].type == "a message of CAF");
  CHECK(activity.last_message().ends_with("two"));
}
