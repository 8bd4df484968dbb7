#include "net/relay/idle_watchdog.hpp"
#include "net/relay/oversize_guard.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::net;
using namespace std::chrono_literals;

namespace {
constexpr time_point start{};
}

TEST_CASE("silence for the whole timeout is death, and less is not") {
  const idle_watchdog dog(10s, start);
  CHECK_FALSE(dog.expired(start + 9999ms));
  CHECK(dog.expired(start + 10s));
  CHECK(dog.deadline() == start + 10s);
}

TEST_CASE("a sign of life puts the deadline off") {
  idle_watchdog dog(10s, start);
  dog.heard(start + 9s);
  CHECK_FALSE(dog.expired(start + 18s));
  CHECK(dog.expired(start + 19s));
}

TEST_CASE("while suspended nothing expires and nothing is heard") {
  idle_watchdog dog(10s, start);
  dog.suspend();
  CHECK_FALSE(dog.expired(start + 1h));
  dog.heard(start + 1h);
  CHECK_FALSE(dog.deadline());
  dog.resume(start + 2h);
  CHECK(dog.deadline() == start + 2h + 10s);
}

TEST_CASE("the time for which the owner stood still is not silence") {
  idle_watchdog dog(10s, start);
  dog.overslept(start + 4s, start + 11s);
  CHECK_FALSE(dog.expired(start + 11s));
  CHECK(dog.deadline() == start + 17s);
  // Woken early, it has missed nothing.
  dog.overslept(start + 15s, start + 12s);
  CHECK(dog.deadline() == start + 17s);
  dog.suspend();
  dog.overslept(start + 20s, start + 30s);
  CHECK_FALSE(dog.deadline());
}

TEST_CASE("resuming what was not suspended does not put the deadline off") {
  idle_watchdog dog(10s, start);
  dog.resume(start + 5s);
  CHECK(dog.deadline() == start + 10s);
}

TEST_CASE("three refusals at one cursor are being stuck") {
  oversize_guard guard;
  CHECK_FALSE(guard.stuck());
  CHECK(guard.refused(7) == 1);
  CHECK(guard.refused(7) == 2);
  CHECK_FALSE(guard.stuck());
  CHECK(guard.refused(7) == 3);
  CHECK(guard.stuck());
  CHECK(guard.refused(7) == 4);
  CHECK(guard.stuck());
}

TEST_CASE("a refusal at another cursor counts anew") {
  oversize_guard guard;
  for (int i = 0; i < 3; ++i)
    static_cast<void>(guard.refused(7));
  CHECK(guard.refused(8) == 1);
  CHECK_FALSE(guard.stuck());
}

TEST_CASE("the live end is a cursor of its own") {
  oversize_guard guard;
  CHECK(guard.refused(std::nullopt) == 1);
  CHECK(guard.refused(0) == 1);
  CHECK(guard.refused(std::nullopt) == 1);
  CHECK(guard.refused(std::nullopt) == 2);
}
