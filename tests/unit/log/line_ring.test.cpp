#include "log/line_ring.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <thread>

namespace prism::log {

namespace {

const std::chrono::system_clock::time_point at{};

[[nodiscard]] std::vector<std::uint64_t> numbers(const found_lines& found) {
  std::vector<std::uint64_t> out;
  for (const auto& each : found.lines)
    out.push_back(each.number);
  return out;
}

using list = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("the ring keeps the last lines, and says what it has") {
  line_ring ring(3, 1U << 20U);
  CHECK(ring.find({}).newest == 0);
  CHECK(ring.find({}).oldest == 0);
  for (int i = 1; i <= 5; ++i)
    ring.add(at, level::info, component::shard, "line " + std::to_string(i));
  const auto found = ring.find({});
  CHECK(numbers(found) == list{3, 4, 5});
  CHECK(found.lines.back().text == "line 5");
  CHECK(found.oldest == 3);
  CHECK(found.newest == 5);
  CHECK_FALSE(found.cut);
  CHECK_FALSE(found.lost);
}

TEST_CASE("without a number the last lines are given, behind one the next ones") {
  line_ring ring;
  for (int i = 1; i <= 10; ++i)
    ring.add(at, level::info, component::shard, "x");
  CHECK(numbers(ring.find(
            {.after = {}, .at_least = level::trace, .from = {}, .contains = {}, .limit = 3})) ==
        list{8, 9, 10});
  const auto next =
      ring.find({.after = 4, .at_least = level::trace, .from = {}, .contains = {}, .limit = 3});
  CHECK(numbers(next) == list{5, 6, 7});
  CHECK(next.cut);
  CHECK_FALSE(next.lost);
  const auto last =
      ring.find({.after = 7, .at_least = level::trace, .from = {}, .contains = {}, .limit = 3});
  CHECK(numbers(last) == list{8, 9, 10});
  CHECK_FALSE(last.cut);
  // Of an earlier process, or behind the end.
  CHECK(
      numbers(ring.find(
                  {.after = 99, .at_least = level::trace, .from = {}, .contains = {}, .limit = 3}))
          .empty());
}

TEST_CASE("a reader who is too slow is told that lines are lost") {
  line_ring ring(2, 1U << 20U);
  for (int i = 1; i <= 5; ++i)
    ring.add(at, level::info, component::shard, "x");
  line_filter wanted;
  wanted.after = 3;
  CHECK_FALSE(ring.find(wanted).lost);
  wanted.after = 2;
  CHECK(ring.find(wanted).lost);
}

TEST_CASE("lines are found by level, component and text") {
  line_ring ring;
  ring.add(at, level::debug, component::shard, "one");
  ring.add(at, level::warn, component::shard, "two, three");
  ring.add(at, level::error, component::pool, "three");
  ring.add(at, level::info, component::pool, "four");
  line_filter wanted;
  wanted.at_least = level::warn;
  CHECK(numbers(ring.find(wanted)) == list{2, 3});
  wanted.from = component::pool;
  CHECK(numbers(ring.find(wanted)) == list{3});
  wanted = {};
  wanted.contains = "three";
  CHECK(numbers(ring.find(wanted)) == list{2, 3});
  wanted.limit = 1;
  const auto found = ring.find(wanted);
  CHECK(numbers(found) == list{3});
  CHECK(found.cut);
}

TEST_CASE("bytes are bounded, and a long text is cut between characters") {
  line_ring ring(1'000, 10'000);
  for (int i = 0; i < 100; ++i)
    ring.add(at, level::info, component::shard, std::string(1'000, 'x'));
  CHECK(ring.find({}).lines.size() < 10);
  CHECK(ring.find({}).newest == 100);

  std::string text;
  while (text.size() < 2 * line_ring::max_text)
    text += "ä";
  ring.add(at, level::info, component::shard, text);
  const auto kept = ring.find({}).lines.back().text;
  CHECK(kept.size() <= line_ring::max_text);
  CHECK(kept.ends_with("ä…"));
  // The newest line stays, whatever the limit.
  line_ring small(10, 1);
  small.add(at, level::info, component::shard, "still there");
  CHECK(small.find({}).lines.size() == 1);
}

TEST_CASE("threads write and read at the same time, and no number is missing") {
  line_ring ring(50, 1U << 20U);
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&] {
      for (int n = 0; n < 2'000; ++n)
        ring.add(at, level::info, component::shard, "x");
    });
  for (std::uint64_t seen = 0; seen < 8'000;) {
    const auto found = ring.find({});
    for (std::size_t i = 1; i < found.lines.size(); ++i)
      if (found.lines[i].number != found.lines[i - 1].number + 1)
        FAIL("a number is missing");
    seen = found.newest;
  }
}

} // namespace prism::log
