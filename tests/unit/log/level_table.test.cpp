#include "log/level_table.hpp"

#include <catch2/catch.hpp>

namespace prism::log {

namespace {

using namespace std::chrono_literals;

const component_level& row(const level_table& table, component of) {
  return table.rows()[static_cast<std::size_t>(of)];
}

} // namespace

TEST_CASE("a level that was changed goes back by itself") {
  level_table table(level::warn);
  const time_point start{};
  const auto changed = table.set(component::shard, level::debug, 60s, start);
  REQUIRE(changed);
  CHECK(changed->now == level::debug);
  CHECK(changed->usual == level::warn);
  CHECK(changed->until == start + 60s);
  CHECK(row(table, component::pool).now == level::warn);

  CHECK(table.end_due(start + 59s).empty());
  const auto ended = table.end_due(start + 60s);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].of == component::shard);
  CHECK(ended[0].now == level::warn);
  CHECK(row(table, component::shard).now == level::warn);
  CHECK_FALSE(row(table, component::shard).until);
  CHECK(table.end_due(start + 120s).empty());
}

TEST_CASE("a later change replaces the one in force, and the usual level ends it") {
  level_table table;
  const time_point start{};
  REQUIRE(table.set(component::shard, level::debug, 60s, start));
  REQUIRE(table.set(component::shard, level::trace, 300s, start + 10s));
  CHECK(table.end_due(start + 60s).empty());
  CHECK(row(table, component::shard).now == level::trace);
  const auto back = table.set(component::shard, level::info, 300s, start + 20s);
  REQUIRE(back);
  CHECK_FALSE(back->until);
  CHECK(table.end_due(start + 1h).empty());
}

TEST_CASE("another usual level leaves changes in force alone") {
  level_table table;
  const time_point start{};
  REQUIRE(table.set(component::shard, level::debug, 60s, start));
  table.set_usual(level::error);
  CHECK(row(table, component::pool).now == level::error);
  CHECK(row(table, component::shard).now == level::debug);
  CHECK(table.end_due(start + 60s).at(0).now == level::error);
}

TEST_CASE("a change lasts at least a second and at most a day") {
  level_table table;
  CHECK(table.set(component::shard, level::debug, 0s, {}).error().code == errc::invalid);
  CHECK(table.set(component::shard, level::debug, -5s, {}).error().code == errc::invalid);
  CHECK(table.set(component::shard, level::debug, 86'401s, {}).error().code == errc::invalid);
  CHECK(table.set(component::shard, level::debug, 24h, {}));
}

TEST_CASE("names and values of components and levels belong together") {
  for (const auto each : all_components())
    CHECK(component_named(to_string(each)) == each);
  for (const auto each : {level::trace, level::debug, level::info, level::warn, level::error,
                          level::critical, level::off})
    CHECK(level_named(to_string(each)) == each);
  CHECK(level_named("warning") == level::warn);
  CHECK_FALSE(level_named("loud"));
  CHECK_FALSE(component_named("shards"));
  CHECK_FALSE(component_named(""));
}

} // namespace prism::log
