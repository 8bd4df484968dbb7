#include "core/reader_queue.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using admission = reader_queue::admission;
using ended = std::vector<reader_queue::ended>;

namespace {

using prism::test::start;

[[nodiscard]] reader_queue queue(std::size_t waiting = 2) {
  return reader_queue({.max_waiting = waiting, .max_wait = 1s, .max_time = 3s});
}

} // namespace

TEST_CASE("without a reader every call is refused") {
  auto at = queue();
  CHECK(at.arrive(1, start).what == admission::no_reader);
  CHECK(at.waiting() == 0);
}

TEST_CASE("a call goes to the reader that worked last") {
  auto at = queue();
  CHECK(!at.join(7));
  CHECK(!at.join(8));
  const auto first = at.arrive(1, start);
  CHECK(first.what == admission::run);
  CHECK(!at.finish(first.reader, 1));
  CHECK(at.arrive(2, start).reader == first.reader);
  CHECK(at.active() == 1);
}

TEST_CASE("calls wait in their order, and no more than allowed") {
  auto at = queue();
  static_cast<void>(at.join(7));
  CHECK(at.arrive(1, start).what == admission::run);
  CHECK(at.arrive(2, start).what == admission::wait);
  CHECK(at.arrive(3, start).what == admission::wait);
  CHECK(at.arrive(4, start).what == admission::overloaded);
  const auto next = at.finish(7, 1);
  REQUIRE(next);
  CHECK(next->call == 2);
  CHECK(next->reader == 7);
  CHECK(at.waiting() == 1);
  const auto by_other = at.join(8);
  REQUIRE(by_other);
  CHECK(by_other->call == 3);
}

TEST_CASE("a call that has waited too long is given back") {
  auto at = queue();
  static_cast<void>(at.join(7));
  static_cast<void>(at.arrive(1, start));
  static_cast<void>(at.arrive(2, start));
  static_cast<void>(at.arrive(3, start + 500ms));
  CHECK(at.next_expiry() == start + 1s);
  CHECK(at.expire(start + 999ms).empty());
  CHECK(at.expire(start + 1s) == ended{{2, false}});
  CHECK(at.waiting() == 1);
  CHECK(at.next_expiry() == start + 1500ms);
  CHECK(at.finish(7, 1)->call == 3);
}

TEST_CASE("a call that its reader does not answer is given back once") {
  auto at = queue();
  CHECK(!at.next_expiry());
  static_cast<void>(at.join(7));
  static_cast<void>(at.join(8));
  CHECK(!at.next_expiry());
  static_cast<void>(at.arrive(1, start));
  static_cast<void>(at.arrive(2, start + 1s));
  CHECK(at.next_expiry() == start + 3s);
  CHECK(at.expire(start + 2999ms).empty());
  CHECK(at.expire(start + 3s) == ended{{1, true}});
  CHECK(at.expire(start + 3s).empty());
  CHECK(at.next_expiry() == start + 4s);
  CHECK(at.active() == 2); // it may still be at work
  CHECK(at.expire(start + 4s) == ended{{2, true}});
  CHECK(!at.next_expiry());
  CHECK(!at.finish(8, 1));
  CHECK(!at.finish(7, 2));
  CHECK(at.arrive(3, start + 5s).what == admission::run);
  CHECK(at.next_expiry() == start + 8s);
}

TEST_CASE("the time at a reader begins when the call arrived") {
  auto at = queue();
  static_cast<void>(at.join(7));
  static_cast<void>(at.arrive(1, start));
  static_cast<void>(at.arrive(2, start + 500ms));
  CHECK(at.finish(7, 1)->call == 2);
  CHECK(at.next_expiry() == start + 3500ms);
  CHECK(at.leave(7) == ended{{2, true}});
  CHECK(!at.next_expiry());
}

TEST_CASE("a reader that leaves ends its call, and the last one all that wait") {
  auto at = queue();
  static_cast<void>(at.join(7));
  static_cast<void>(at.join(8));
  const auto first = at.arrive(1, start).reader;
  const auto second = at.arrive(2, start).reader;
  static_cast<void>(at.arrive(3, start));
  CHECK(at.leave(first) == ended{{1, true}});
  CHECK(at.waiting() == 1);
  CHECK(at.leave(second) == ended{{2, true}, {3, false}});
  CHECK(at.readers() == 0);
  CHECK(at.leave(second).empty());
  CHECK(!at.finish(second, 2));
}

TEST_CASE("an idle reader that leaves gets no more calls") {
  auto at = queue();
  static_cast<void>(at.join(7));
  CHECK(at.leave(7).empty());
  CHECK(at.arrive(1, start).what == admission::no_reader);
}

TEST_CASE("a cancelled call waits no longer, or is left to its reader") {
  auto at = queue();
  static_cast<void>(at.join(7));
  static_cast<void>(at.arrive(1, start));
  static_cast<void>(at.arrive(2, start));
  CHECK(at.cancel(2));
  CHECK(at.waiting() == 0);
  CHECK(!at.cancel(1));
  CHECK(at.active() == 1);
  CHECK(!at.finish(7, 1));
  CHECK(at.active() == 0);
  CHECK(!at.cancel(99));
}

TEST_CASE("a reader that ends a call which it no longer has frees nothing") {
  auto at = queue();
  static_cast<void>(at.join(7));
  static_cast<void>(at.arrive(2, start));
  CHECK(!at.finish(7, 1));
  CHECK(at.active() == 1);
  CHECK(at.next_expiry() == start + 3s);
  CHECK(!at.finish(7, 2));
  CHECK(at.active() == 0);
}
