#include "core/schedule.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace prism;
using namespace std::chrono_literals;

namespace {

constexpr auto no_delay = [] { return 1.0; };

[[nodiscard]] schedule of(std::vector<scheduled_job> jobs) {
  auto made = schedule::make(std::move(jobs));
  REQUIRE(made);
  made->start(time_point{}, no_delay);
  return std::move(*made);
}

} // namespace

TEST_CASE("jobs come at their intervals, each counted from the end of its last run") {
  auto jobs = of({{.name = "minutely", .interval = 60s, .first = 10s},
                  {.name = "hourly", .interval = 1h, .first = 30s}});
  const time_point start{};
  CHECK(jobs.next() == start + 10s);
  CHECK_FALSE(jobs.take_due(start + 9s));
  CHECK(jobs.take_due(start + 10s) == "minutely");
  CHECK_FALSE(jobs.take_due(start + 11s)); // it runs
  CHECK(jobs.next() == start + 30s);
  REQUIRE(jobs.finished("minutely", start + 15s, 1.0));
  CHECK(jobs.take_due(start + 100s) == "hourly"); // due for longest
  CHECK(jobs.next() == start + 75s);
  CHECK(jobs.take_due(start + 100s) == "minutely");
  CHECK_FALSE(jobs.next());
}

TEST_CASE("a long pause is not made up for with a run per interval missed") {
  auto jobs = of({{.name = "a", .interval = 60s, .first = 0s}});
  const auto late = time_point{} + 24h;
  CHECK(jobs.take_due(late) == "a");
  REQUIRE(jobs.finished("a", late, 1.0));
  CHECK_FALSE(jobs.take_due(late));
}

TEST_CASE("jitter shortens waits by at most its share") {
  auto made = schedule::make({{.name = "a", .interval = 100s, .first = 50s, .jitter = 0.2}});
  REQUIRE(made);
  std::minstd_rand random{7};
  std::uniform_real_distribution<> uniform{0, 1};
  made->start(time_point{}, [&] { return uniform(random); });
  auto now = *made->next();
  CHECK(now >= time_point{} + 40s);
  CHECK(now <= time_point{} + 50s);
  std::map<steady_clock::duration, int> waits;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(made->take_due(now));
    REQUIRE(made->finished("a", now, uniform(random)));
    const auto wait = *made->next() - now;
    CHECK(wait >= 80s);
    CHECK(wait <= 100s);
    ++waits[wait];
    now += wait;
  }
  CHECK(waits.size() > 900);
}

TEST_CASE("slips are named") {
  CHECK_FALSE(schedule::make({{.name = ""}}));
  CHECK_FALSE(schedule::make({{.name = "a"}, {.name = "a"}}));
  CHECK_FALSE(schedule::make({{.name = "a", .interval = 0s}}));
  CHECK_FALSE(schedule::make({{.name = "a", .jitter = 2}}));
  auto jobs = of({{.name = "a"}});
  CHECK(jobs.finished("b", time_point{}, 0).error().code == errc::not_found);
  CHECK(jobs.finished("a", time_point{}, 0).error().code == errc::invalid);
}
