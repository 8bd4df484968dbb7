#include "core/call_stats.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <list>

using namespace prism;
using namespace std::chrono_literals;

namespace {

using prism::test::start;

struct calls {
  call_stats stats{start};
  std::size_t asked{0}; ///< for the text of arguments

  void add(std::string_view method, steady_clock::duration took, time_point now,
           std::string_view status = "ok", bool timed = true) {
    stats.add({method, status, took, timed}, now, [this, took] {
      ++asked;
      return fmt::format("took={}", took.count());
    });
  }
};

[[nodiscard]] bool is_about(steady_clock::duration found, steady_clock::duration wanted) {
  return found >= wanted && found <= wanted * 12 / 10;
}

} // namespace

TEST_CASE("the times of calls are known to a fifth") {
  for (const steady_clock::duration took : {12us, 20us, 333us, 7'000us, 200'000us, 9'999'000us}) {
    call_times times;
    for (int i = 0; i < 98; ++i)
      times.add(took);
    times.add(50s);
    times.add(50s);
    CHECK(is_about(times.quantile(0.5), took));
    CHECK(is_about(times.quantile(0.98), took));
    CHECK(times.quantile(0.99) == 50s);
    CHECK(times.longest() == 50s);
  }
}

TEST_CASE("times outside of the buckets, and none at all") {
  call_times times;
  CHECK(times.quantile(0.99) == 0s);
  times.add(0s);
  CHECK(times.quantile(1) == 0s);
  times.add(-1s); // a clock that is not monotonic
  times.add(3h);
  CHECK(times.quantile(0.5) <= 10us);
  CHECK(times.quantile(1) == 3h);
  CHECK(times.count() == 3);
}

TEST_CASE("calls are counted by method and status, over two windows") {
  calls on;
  on.add("GetActors", 1ms, start + 1s);
  on.add("GetActors", 1ms, start + 2s, "internal");
  on.add("GetTimeline", 8ms, start + 3s);
  auto found = on.stats.read(start + 10s);
  CHECK(found.during == 10s);
  CHECK(found.methods.at("GetActors").total() == 2);
  CHECK(found.methods.at("GetActors").by_status.at("internal") == 1);
  CHECK(is_about(found.methods.at("GetTimeline").times.quantile(0.5), 8ms));

  on.add("GetActors", 2ms, start + 6min);
  found = on.stats.read(start + 9min);
  CHECK(found.during == 9min);
  CHECK(found.methods.at("GetActors").total() == 3);
  CHECK(found.methods.at("GetActors").times.count() == 3);

  found = on.stats.read(start + 11min); // the first window is forgotten
  CHECK(found.during == 6min);
  CHECK(found.methods.at("GetActors").total() == 1);
  CHECK_FALSE(found.methods.contains("GetTimeline"));

  found = on.stats.read(start + 5h);
  CHECK(found.during == 5min);
  CHECK(found.methods.empty());
  CHECK(found.slowest.empty());
}

TEST_CASE("the slowest calls are kept with their arguments, and the slowest of each method") {
  calls on;
  on.add("GetLatestRev", 1us, start);
  for (int i = 1; i <= 1'000; ++i)
    on.add("GetTimeline", i * 1ms, start + 1s);
  on.add("GetActors", 2us, start + 2s);
  auto found = on.stats.read(start + 3s);
  REQUIRE(found.slowest.size() == call_stats::max_slowest);
  CHECK(found.slowest.front().took == 1s);
  CHECK(found.slowest.front().arguments == "took=1000000000");
  CHECK(found.slowest.back().took == 981ms);
  CHECK(found.methods.at("GetActors").slowest.value().took == 2us);
  CHECK(found.methods.at("GetLatestRev").slowest.value().arguments == "took=1000");

  on.add("GetActors", 5s, start + 7min); // in the next window
  on.add("GetLatestRev", 0us, start + 7min);
  found = on.stats.read(start + 8min);
  CHECK(found.slowest.size() == call_stats::max_slowest);
  CHECK(found.slowest[0].took == 5s);
  CHECK(found.slowest[1].took == 1s);
  CHECK(found.methods.at("GetLatestRev").slowest.value().took == 1us);
}

TEST_CASE("no text is made of calls that are not among the slowest") {
  calls on;
  on.add("GetTimeline", 1s, start);
  for (int i = 0; i < 100; ++i)
    on.add("GetActors", 10ms, start);
  CHECK(on.asked == 1 + call_stats::max_slowest - 1);
}

TEST_CASE("a refused call is counted, and its time says nothing of the method") {
  calls on;
  on.add("GetTimeline", 1h, start, "unavailable", false);
  const auto found = on.stats.read(start + 1s);
  CHECK(found.methods.at("GetTimeline").by_status.at("unavailable") == 1);
  CHECK(found.methods.at("GetTimeline").times.count() == 0);
  CHECK(found.slowest.empty());
}

TEST_CASE("methods, statuses and arguments are bounded") {
  call_stats stats{start};
  std::list<std::string> names;
  const std::string huge(1'000'000, 'x');
  for (int i = 0; i < 10'000; ++i) {
    names.push_back(fmt::format("{}", i));
    stats.add({names.back(), "ok", 1ms}, start, [&] { return huge; });
    stats.add({"GetActors", names.back(), 1ms}, start, [&] { return huge; });
  }
  const auto found = stats.read(start);
  CHECK(found.methods.size() == call_stats::max_methods + 1);
  CHECK(found.methods.at(call_stats::other).total() > 9'000);
  CHECK(found.methods.at("GetActors").by_status.size() == call_stats::max_statuses + 1);
  CHECK(found.methods.at("GetActors").total() == 10'000);
  for (const auto& each : found.slowest)
    CHECK(each.arguments.size() == call_stats::max_argument_bytes);
}
