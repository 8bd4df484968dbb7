#include "core/pool_usage.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] pool_sample busy(std::size_t active, std::size_t waiting = 0) {
  return {.active = active, .idle = 40 - active, .waiting = waiting, .total = 40};
}

[[nodiscard]] std::vector<std::string> texts(const std::vector<pool_line>& lines) {
  std::vector<std::string> out;
  for (const auto& each : lines)
    out.push_back(each.text);
  return out;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("the lines of a filling pool are those that operators look for") {
  pool_usage usage({});
  const time_point start{};
  CHECK(usage.add(busy(31), start).empty()); // 77.5 %
  CHECK(texts(usage.add(busy(34), start + 1s)) ==
        strings{"[PoolMonitor] WARNING: Pool 85.0% utilized"});
  CHECK(texts(usage.add(busy(39, 5), start + 2s)) ==
        strings{"[PoolMonitor] CRITICAL: Pool 97.5% utilized, 5 waiting"});
  CHECK(usage.level() == pool_level::critical);
}

TEST_CASE("the thresholds themselves count as reached, and can be others") {
  pool_usage usage({});
  CHECK(usage.add(busy(32), time_point{}).front().level == pool_level::warning);
  CHECK(usage.add(busy(38), time_point{}).front().level == pool_level::critical);
  pool_usage strict({.warning = 0.5, .critical = 0.6});
  CHECK(texts(strict.add(busy(20), time_point{})) ==
        strings{"[PoolMonitor] WARNING: Pool 50.0% utilized"});
  CHECK(strict.add(busy(24), time_point{}).front().level == pool_level::critical);
}

TEST_CASE("a pool that stays full, or flaps about a threshold, logs once a minute and level") {
  pool_usage usage({.status_every = 1h});
  const time_point start{};
  int lines = 0;
  for (int i = 0; i < 120; ++i)
    lines += static_cast<int>(usage.add(busy(40, 7), start + std::chrono::seconds{i}).size());
  CHECK(lines == 2);
  pool_usage flapping({.status_every = 1h});
  lines = 0;
  for (int i = 0; i < 60; ++i)
    lines += static_cast<int>(
        flapping.add(busy(i % 2 == 0 ? 31 : 33), start + std::chrono::seconds{i}).size());
  CHECK(lines == 1);
}

TEST_CASE("a status line comes every minute") {
  pool_usage usage({});
  const time_point start{};
  strings lines;
  for (int i = 0; i <= 180; ++i)
    for (auto& each : texts(usage.add(busy(i < 100 ? 10 : 20), start + std::chrono::seconds{i})))
      lines.push_back(std::move(each));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "[PoolMonitor] Status: 10 active, 30 idle, 0 waiting, 40 open of 40; 25.0% "
                    "utilized, 25.0% over the last 61 samples, exhausted 0 times");
  // 81 of the last 100 samples had 20.
  CHECK_THAT(lines[2], Catch::Contains("50.0% utilized, 45.2% over the last 100 samples"));
}

TEST_CASE("the last hundred samples are kept and averaged, over any window of them") {
  pool_usage usage({});
  const time_point start{};
  CHECK_FALSE(usage.average());
  CHECK(usage.utilization() == 0);
  for (int i = 0; i < 250; ++i)
    static_cast<void>(usage.add(busy(i < 200 ? 0 : 40), start + std::chrono::seconds{i}));
  const auto now = start + 249s;
  CHECK(usage.size() == 100);
  CHECK(*usage.average() == Approx(0.5));
  CHECK(*usage.average(now, 49s) == Approx(1.0));
  CHECK(*usage.average(now, 74s) == Approx(50.0 / 75.0));
  CHECK_FALSE(usage.average(now + 1h, 1min));
}

TEST_CASE("each time a pool begins to starve is an exhaustion event") {
  pool_usage usage({});
  const pool_sample starving{.active = 40, .idle = 0, .waiting = 1, .total = 40};
  const pool_sample full{.active = 40, .idle = 0, .waiting = 0, .total = 40};
  // No session can be opened at all: that is starving as well.
  const pool_sample shut{.active = 0, .idle = 0, .waiting = 3, .total = 0};
  const time_point now{};
  for (const auto& each : {full, starving, starving, full, busy(39, 2), shut, shut})
    static_cast<void>(usage.add(each, now));
  CHECK(usage.exhaustion_events() == 2);
}

TEST_CASE("thresholds that make no sense are named") {
  CHECK(validate({}));
  CHECK_FALSE(validate({.max = 0}));
  CHECK_FALSE(validate({.warning = 0.9, .critical = 0.8}));
  CHECK_FALSE(validate({.warning = 0}));
  CHECK_FALSE(validate({.critical = 1.1}));
}
