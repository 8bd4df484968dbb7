#include "net/relay/idle_watchdog.hpp"
#include "net/relay/oversize_guard.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::net;
using namespace std::chrono_literals;

namespace {
constexpr time_point t0{};
}

TEST_CASE("a peer counts as dead after the whole timeout and not before") {
  const idle_watchdog dog(10s, t0);
  CHECK_FALSE(dog.expired(t0 + 9999ms));
  CHECK(dog.expired(t0 + 10s));
  CHECK(dog.deadline() == t0 + 10s);
}

TEST_CASE("a sign of life postpones the deadline") {
  idle_watchdog dog(10s, t0);
  dog.heard(t0 + 9s);
  CHECK_FALSE(dog.expired(t0 + 18s));
  CHECK(dog.expired(t0 + 19s));
}

TEST_CASE("while suspended nothing expires and signs of life are ignored") {
  idle_watchdog dog(10s, t0);
  dog.suspend();
  CHECK_FALSE(dog.expired(t0 + 1h));
  dog.heard(t0 + 1h);
  CHECK_FALSE(dog.deadline());
  dog.resume(t0 + 2h);
  CHECK(dog.deadline() == t0 + 2h + 10s);
}

TEST_CASE("time in which the owner does not run is not silence") {
  idle_watchdog dog(10s, t0);
  dog.overslept(t0 + 4s, t0 + 11s);
  CHECK_FALSE(dog.expired(t0 + 11s));
  CHECK(dog.deadline() == t0 + 17s);
  // Waking early changes nothing.
  dog.overslept(t0 + 15s, t0 + 12s);
  CHECK(dog.deadline() == t0 + 17s);
  dog.suspend();
  dog.overslept(t0 + 20s, t0 + 30s);
  CHECK_FALSE(dog.deadline());
}

TEST_CASE("resuming without suspension does not postpone the deadline") {
  idle_watchdog dog(10s, t0);
  dog.resume(t0 + 5s);
  CHECK(dog.deadline() == t0 + 10s);
}

TEST_CASE("a message has to be complete in time, whatever signs of life there are") {
  idle_watchdog dog(10s, t0);
  dog.message_began(t0 + 2s);
  for (int second = 3; second < 12; ++second)
    dog.heard(t0 + std::chrono::seconds{second});
  CHECK_FALSE(dog.expired(t0 + 11s));
  CHECK(dog.deadline() == t0 + 12s);
  CHECK(dog.expired(t0 + 12s));
  CHECK(dog.message_expired(t0 + 12s));
  dog.message_ended();
  CHECK_FALSE(dog.expired(t0 + 12s));
  CHECK_FALSE(dog.message_expired(t0 + 1h));
  CHECK(dog.deadline() == t0 + 21s);
}

TEST_CASE("time in which the owner does not run does not count for a message either") {
  idle_watchdog dog(10s, t0);
  dog.message_began(t0);
  dog.overslept(t0 + 4s, t0 + 11s);
  CHECK_FALSE(dog.expired(t0 + 11s));
  CHECK(dog.message_expired(t0 + 17s));
  dog.suspend();
  CHECK_FALSE(dog.expired(t0 + 1h));
}

TEST_CASE("three rejections at one cursor count as stuck") {
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

TEST_CASE("a rejection at another cursor restarts the count") {
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
