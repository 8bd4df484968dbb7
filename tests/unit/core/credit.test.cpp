#include "core/credit.hpp"
#include "core/depth_guard.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

using namespace std::chrono_literals;
using prism::credit_window;
using prism::depth_guard;
using prism::time_point;

TEST_CASE("credit is taken until none is left and then refused") {
  credit_window window(3);
  const time_point now{};
  CHECK(window.try_take(2, now));
  CHECK(window.try_take(1, now));
  CHECK(window.available() == 0);
  CHECK_FALSE(window.stalled());
  CHECK_FALSE(window.try_take(1, now));
  CHECK(window.in_flight() == 3);
  CHECK(window.stalled());
}

TEST_CASE("a stall lasts from the refusal until enough credit for it is back") {
  credit_window window(4);
  const time_point start{};
  REQUIRE(window.try_take(4, start));
  REQUIRE_FALSE(window.try_take(2, start + 10s));
  REQUIRE_FALSE(window.try_take(2, start + 11s)); // the same stall
  CHECK(window.times_exhausted() == 1);
  CHECK(window.time_stalled(start + 12s) == 2s);

  REQUIRE(window.give_back(1, start + 13s)); // not enough yet
  CHECK(window.stalled());
  REQUIRE(window.give_back(1, start + 15s));
  CHECK_FALSE(window.stalled());
  CHECK(window.time_stalled(start + 99s) == 5s);

  REQUIRE(window.try_take(2, start + 20s));
  REQUIRE_FALSE(window.try_take(1, start + 20s));
  CHECK(window.times_exhausted() == 2);
  CHECK(window.time_stalled(start + 21s) == 6s);
}

TEST_CASE("a smaller message that fits ends a stall") {
  credit_window window(4);
  const time_point start{};
  REQUIRE(window.try_take(3, start));
  REQUIRE_FALSE(window.try_take(2, start));
  REQUIRE(window.try_take(1, start + 1s));
  CHECK_FALSE(window.stalled());
  CHECK(window.time_stalled(start + 9s) == 1s);
}

TEST_CASE("returning more credit than is in flight is an error and changes nothing") {
  credit_window window(4);
  REQUIRE(window.try_take(1, {}));
  const auto result = window.give_back(2, {});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == prism::errc::invalid);
  CHECK_THAT(result.error().message, Catch::Contains("2 units") && Catch::Contains("1 of 4"));
  CHECK(window.in_flight() == 1);
}

TEST_CASE("the credit of a dead receiver comes back as a whole and ends the stall") {
  credit_window window(4);
  const time_point start{};
  REQUIRE(window.try_take(4, start));
  REQUIRE_FALSE(window.try_take(1, start));
  CHECK(window.reset(start + 3s) == 4);
  CHECK(window.available() == 4);
  CHECK_FALSE(window.stalled());
  CHECK(window.time_stalled(start + 9s) == 3s);
}

TEST_CASE("a window or guard of capacity zero holds one") {
  CHECK(credit_window(0).capacity() == 1);
  CHECK(depth_guard(0).capacity() == 1);
}

TEST_CASE("a depth guard refuses what breaks the bound and remembers its peak") {
  depth_guard guard(3);
  REQUIRE(guard.arrived(2));
  REQUIRE(guard.arrived(1));
  const auto above = guard.arrived(1);
  REQUIRE_FALSE(above);
  CHECK(above.error().code == prism::errc::limit);
  CHECK(guard.depth() == 3);
  REQUIRE(guard.finished(3));
  CHECK(guard.depth() == 0);
  CHECK(guard.peak() == 3);
  const auto below = guard.finished(1);
  REQUIRE_FALSE(below);
  CHECK(below.error().code == prism::errc::invalid);
}

TEST_CASE("a receiver never sees more than the sender's credit in any interleaving") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    const std::size_t capacity = 1 + random() % 20;
    credit_window sender(capacity);
    depth_guard receiver(capacity);
    std::deque<std::size_t> wire;    // sent, not yet in the mailbox
    std::deque<std::size_t> mailbox; // arrived, not yet handled
    std::deque<std::size_t> acks;    // handled, credit under way
    time_point now{};
    for (int step = 0; step < 500; ++step, now += 1ms) {
      switch (random() % 4) {
      case 0:
        if (const auto n = 1 + random() % capacity; sender.try_take(n, now))
          wire.push_back(n);
        break;
      case 1:
        if (!wire.empty()) {
          REQUIRE(receiver.arrived(wire.front()));
          mailbox.push_back(wire.front());
          wire.pop_front();
        }
        break;
      case 2:
        if (!mailbox.empty()) {
          REQUIRE(receiver.finished(mailbox.front()));
          acks.push_back(mailbox.front());
          mailbox.pop_front();
        }
        break;
      default:
        if (!acks.empty()) {
          REQUIRE(sender.give_back(acks.front(), now));
          acks.pop_front();
        }
      }
      REQUIRE(receiver.depth() <= sender.in_flight());
      REQUIRE(sender.in_flight() + sender.available() == capacity);
    }
    REQUIRE(receiver.peak() <= capacity);
  }
}
