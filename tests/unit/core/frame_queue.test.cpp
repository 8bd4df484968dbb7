#include "core/frame_queue.hpp"

#include <catch2/catch.hpp>

using namespace prism;

namespace {

struct frame {
  stream_position position;
};

[[nodiscard]] std::vector<frame> frames(std::initializer_list<stream_position> positions) {
  std::vector<frame> out;
  for (const auto position : positions)
    out.push_back({position});
  return out;
}

[[nodiscard]] std::vector<std::int64_t> taken(frame_queue<frame>& queue, std::size_t count) {
  while (count-- > 0)
    queue.take_next();
  std::vector<std::int64_t> out;
  for (const auto& each : queue.in_flight())
    out.push_back(each.position.seq);
  return out;
}

} // namespace

TEST_CASE("a queue takes each frame once") {
  frame_queue<frame> queue(10);
  queue.start_at(5);
  CHECK(queue.receive(frames({4, 5, 6, 7})) == 2);
  CHECK(queue.receive(frames({6, 7})) == 0);
  CHECK(queue.receive(frames({7, 9})) == 1);
  CHECK(taken(queue, 3) == std::vector<std::int64_t>{6, 7, 9});
  CHECK(queue.empty());
}

TEST_CASE("more frames than the capacity are an error") {
  frame_queue<frame> queue(2);
  CHECK(queue.receive(frames({1, 2})) == 2);
  const auto over = queue.receive(frames({3}));
  REQUIRE_FALSE(over);
  CHECK(over.error().code == errc::limit);
}

TEST_CASE("credit returns with the commit, and for frames that are dropped") {
  frame_queue<frame> queue(2);
  REQUIRE(queue.receive(frames({1, 2})));
  CHECK(taken(queue, 1).size() == 1);
  REQUIRE(queue.committed(1));
  CHECK(queue.depth().depth() == 1);
  CHECK(queue.durable() == 1);
  REQUIRE(queue.drop_waiting());
  CHECK(queue.depth().depth() == 0);
  CHECK(queue.receive(frames({2, 3})) == 2); // they come again
}

TEST_CASE("frames in flight are not received again after the others were dropped") {
  frame_queue<frame> queue(10);
  REQUIRE(queue.receive(frames({1, 2, 3})));
  CHECK(taken(queue, 2).size() == 2);
  REQUIRE(queue.drop_waiting());
  CHECK(queue.receive(frames({1, 2, 3})) == 1);
}

TEST_CASE("the target of an earlier firehose is dropped with the frames that wait") {
  frame_queue<frame> queue(10);
  queue.start_at(5);
  queue.advance_to(9);
  REQUIRE(queue.drop_waiting());
  CHECK_FALSE(queue.has_work());
  queue.start_at(3); // the database went back meanwhile
  CHECK_FALSE(queue.has_work());
}

TEST_CASE("requeued frames keep their order, before all others") {
  frame_queue<frame> queue(10);
  REQUIRE(queue.receive(frames({1, 2, 3, 4})));
  CHECK(taken(queue, 3) == std::vector<std::int64_t>{1, 2, 3});
  queue.requeue();
  CHECK(queue.in_flight().empty());
  CHECK(taken(queue, 4) == std::vector<std::int64_t>{1, 2, 3, 4});
}

TEST_CASE("an idle queue has work only while its cursor is behind the target") {
  frame_queue<frame> queue(10);
  queue.start_at(5);
  CHECK_FALSE(queue.has_work());
  queue.advance_to(4);
  CHECK_FALSE(queue.has_work());
  queue.advance_to(9);
  queue.advance_to(7); // never back
  CHECK(queue.has_work());
  CHECK(queue.batch_end() == 9);
  REQUIRE(queue.committed(9));
  CHECK_FALSE(queue.has_work());
  CHECK(queue.receive(frames({8, 9})) == 0);
}

TEST_CASE("the cursor of a batch is that of its last frame") {
  frame_queue<frame> queue(10);
  queue.advance_to(100);
  REQUIRE(queue.receive(frames({3, 4})));
  CHECK(taken(queue, 1).size() == 1);
  CHECK(queue.batch_end() == 3);
}

TEST_CASE("a frame out of order comes behind the cursor and does not move it") {
  frame_queue<frame> queue(10);
  queue.start_at(5);
  CHECK(queue.receive(frames({{5, 1}, {5, 2}, 6})) == 3);
  CHECK(taken(queue, 2) == std::vector<std::int64_t>{5, 5});
  CHECK(queue.batch_end() == stream_position{5, 2});
  REQUIRE(queue.committed(queue.batch_end()));
  CHECK(queue.durable() == stream_position{5, 2});
  CHECK(queue.receive(frames({{5, 2}, 6})) == 0); // both are here already
  CHECK(taken(queue, 1) == std::vector<std::int64_t>{6});
}

TEST_CASE("a new stream may place another frame where one out of order was committed") {
  frame_queue<frame> queue(10);
  queue.start_at(5);
  REQUIRE(queue.receive(frames({{5, 1}})));
  CHECK(taken(queue, 1).size() == 1);
  REQUIRE(queue.committed(queue.batch_end()));
  CHECK_FALSE(queue.has_work());
  queue.forget_apart();
  CHECK(queue.receive(frames({5, {5, 1}})) == 1);
}
