#include "core/did_queue.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

namespace {

using dids = std::vector<std::string>;
using ids = did_queue::ids;
using failure = did_queue::failure;

using prism::test::start;

[[nodiscard]] did_queue queue_of(std::size_t capacity, std::size_t batches = 1) {
  return did_queue{{.batch_capacity = capacity,
                    .max_batches = batches,
                    .batch_timeout = 60s,
                    .request_timeout = 10s}};
}

did_queue::request_id add(did_queue& queue, const dids& wanted, time_point now = start) {
  return queue.add(wanted, ids(wanted.size(), did_queue::unknown_id), now);
}

[[nodiscard]] did_queue::batch next(did_queue& queue) {
  auto out = queue.next_batch(start);
  REQUIRE(out);
  return *out;
}

} // namespace

TEST_CASE("did_queue: a request gets its ids in its order, those known before among them") {
  auto queue = queue_of(10);
  const auto request =
      queue.add({"a", "known", "b"}, {did_queue::unknown_id, 7, did_queue::unknown_id}, start);
  const auto batch = next(queue);
  CHECK(batch.dids == dids{"a", "b"});
  CHECK_FALSE(queue.idle());
  const auto done = queue.committed(batch.id, {1, 2}, start);
  REQUIRE(done.size() == 1);
  CHECK(done[0].request == request);
  CHECK(done[0].ids == ids{1, 7, 2});
  CHECK(queue.idle());
  CHECK(queue.requests() == 0);
}

TEST_CASE("did_queue: a DID that several request is in one batch, and all get its id") {
  auto queue = queue_of(1, 2);
  const auto first = add(queue, {"a"});
  const auto batch = next(queue);
  const auto second = add(queue, {"b", "a"});
  const auto other = next(queue);
  CHECK(other.dids == dids{"b"});
  CHECK(queue.waiting() == 0);
  const auto done = queue.committed(batch.id, {1}, start);
  REQUIRE(done.size() == 1);
  CHECK(done[0].request == first);
  const auto rest = queue.committed(other.id, {2}, start);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].request == second);
  CHECK(rest[0].ids == ids{2, 1});
}

TEST_CASE("did_queue: batches have a greatest size, and few are at work at once") {
  auto queue = queue_of(2, 2);
  add(queue, {"a", "b", "c", "d", "e"});
  const auto first = next(queue);
  CHECK(first.dids == dids{"a", "b"});
  CHECK(next(queue).dids == dids{"c", "d"});
  CHECK_FALSE(queue.next_batch(start));
  CHECK(queue.waiting() == 1);
  CHECK(queue.committed(first.id, {1, 2}, start).empty());
  CHECK(next(queue).dids == dids{"e"});
}

TEST_CASE("did_queue: the DIDs of a rejected batch return to the front, so none is overtaken") {
  auto queue = queue_of(4);
  const auto with_bad = add(queue, {"a", "bad", "c", "d"});
  const auto behind = add(queue, {"e"});
  const auto rejected = next(queue);
  const auto result = queue.failed(rejected.id, failure::rejected);
  CHECK(result.dids == 4);
  CHECK(result.next_size == 2);
  CHECK(result.failed.empty());
  CHECK(queue.requests() == 2);
  const auto half = next(queue);
  CHECK(half.dids == dids{"a", "bad"});
  CHECK(queue.failed(half.id, failure::rejected).next_size == 1);
  const auto good = next(queue);
  CHECK(good.dids == dids{"a"});
  // After a time at which the size stays as it is.
  CHECK(queue.committed(good.id, {1}, start + 50s).empty());
  const auto bad = next(queue);
  CHECK(bad.dids == dids{"bad"});
  const auto found = queue.failed(bad.id, failure::rejected);
  CHECK_FALSE(found.next_size);
  CHECK(found.failed == std::vector{with_bad});
  // The other DIDs keep their places.
  for (const auto* const did : {"c", "d"}) {
    const auto batch = next(queue);
    CHECK(batch.dids == dids{did});
    CHECK(queue.committed(batch.id, {2}, start + 50s).empty());
  }
  const auto last = next(queue);
  const auto done = queue.committed(last.id, {5}, start);
  REQUIRE(done.size() == 1);
  CHECK(done[0].request == behind);
}

TEST_CASE("did_queue: a batch that fails fails every request for its DIDs once, and no other") {
  auto queue = queue_of(2);
  const auto first = add(queue, {"a", "b"});
  const auto second = add(queue, {"b", "c"});
  const auto third = add(queue, {"c"});
  const auto batch = next(queue);
  const auto result = queue.failed(batch.id, failure::other);
  CHECK_FALSE(result.next_size);
  CHECK(result.failed == std::vector{first, second});
  const auto rest = next(queue);
  CHECK(rest.dids == dids{"c"});
  const auto done = queue.committed(rest.id, {3}, start);
  REQUIRE(done.size() == 1);
  CHECK(done[0].request == third);
  // Requested again, a DID of the failed batch is queued again.
  add(queue, {"a"});
  CHECK(next(queue).dids == dids{"a"});
}

TEST_CASE("did_queue: only a failure that a smaller batch may avoid makes the next one smaller") {
  const auto after = [](failure reason) {
    auto queue = queue_of(4);
    add(queue, {"a", "b", "c", "d"});
    CHECK(queue.failed(next(queue).id, reason).failed.size() == 1);
    add(queue, {"a", "b", "c", "d"});
    return next(queue).dids.size();
  };
  CHECK(after(failure::too_large) == 2);
  CHECK(after(failure::other) == 4);
}

TEST_CASE("did_queue: a request that waits too long ends, and its DIDs keep their places") {
  auto queue = queue_of(1);
  const auto first = add(queue, {"a", "b"});
  const auto second = add(queue, {"c"}, start + 1s);
  CHECK(queue.longest_wait(start + 5s) == 5s);
  const auto batch = next(queue);
  CHECK(queue.expire(start + 10s - 1ms).empty());
  const auto late = queue.expire(start + 10s);
  REQUIRE(late.size() == 1);
  CHECK(late[0].request == first);
  CHECK(late[0].dids == 2);
  CHECK(late[0].missing == 2);
  CHECK(queue.longest_wait(start + 10s) == 9s);
  const auto again = add(queue, {"a", "b"}, start + 10s);
  CHECK(queue.waiting() == 2);
  CHECK(queue.committed(batch.id, {1}, start + 11s).empty());
  const auto b = next(queue);
  CHECK(b.dids == dids{"b"});
  const auto done = queue.committed(b.id, {2}, start);
  REQUIRE(done.size() == 1);
  CHECK(done[0].request == again);
  CHECK(done[0].ids == ids{1, 2});
  CHECK(queue.expire(start + 11s)[0].request == second);
  CHECK(queue.longest_wait(start + 11s) == 0s);
}
