#include "core/supervision.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace prism;
using kind = supervision_action::kind;

namespace {

using prism::test::start;
using wanted = std::map<std::string, std::string>;

// A supervisor with a permanent child p and two on demand, a and b.
supervision made() {
  auto out = supervision::make(
      {.backoff = {.min = 1s, .max = 30s, .factor = 2.0, .jitter = 0.0}},
      {{.name = "p"}, {.name = "a", .on_demand = true}, {.name = "b", .on_demand = true}});
  REQUIRE(out);
  return std::move(*out);
}

std::vector<std::string> words(const supervision::actions& actions) {
  std::vector<std::string> out;
  for (const auto& action : actions)
    if (action.what == kind::start)
      out.push_back("start " + action.name);
    else if (action.what == kind::stop)
      out.push_back("stop " + action.name);
    else if (action.what == kind::done)
      out.emplace_back("done");
  return out;
}

using script = std::vector<std::string>;

std::uint64_t restarts_of_a(const supervision& machine) {
  return machine.children()[1].restarts;
}

} // namespace

TEST_CASE("children on demand run only while they are arranged") {
  auto machine = made();
  CHECK(words(machine.start(start)) == script{"start p"});
  CHECK(words(machine.arrange({{"a", "1"}}, start)) == script{"start a"});
  CHECK(words(machine.arrange({{"a", "1"}}, start)).empty());
  CHECK(words(machine.arrange({{"a", "1"}, {"b", "7"}}, start)) == script{"start b"});
  CHECK(words(machine.arrange({{"b", "7"}}, start)) == script{"stop a"});
  CHECK(words(*machine.child_exited("a", exit_kind::normal, "", start, 0.5)).empty());
  CHECK(machine.children()[1].state == child_state::idle);
  CHECK(words(machine.arrange({{"a", "2"}, {"b", "7"}}, start)) == script{"start a"});
}

TEST_CASE("an arrangement made before the start takes part in it, in order") {
  auto machine = made();
  CHECK(machine.arrange({{"b", "1"}, {"a", "1"}}, start).empty());
  CHECK(words(machine.start(start)) == script{"start p", "start a", "start b"});
}

TEST_CASE("a child in another version is stopped, and started when it has ended") {
  auto machine = made();
  static_cast<void>(machine.start(start));
  static_cast<void>(machine.arrange({{"a", "1"}}, start));
  CHECK(words(machine.arrange({{"a", "2"}}, start)) == script{"stop a"});
  SECTION("at once, and without counting a restart") {
    CHECK(words(*machine.child_exited("a", exit_kind::abnormal, "killed", start, 0.5)) ==
          script{"start a"});
    CHECK(machine.children()[1].version == "2");
    CHECK(restarts_of_a(machine) == 0);
  }
  SECTION("in the version that is wanted by then") {
    CHECK(words(machine.arrange({{"a", "3"}}, start)).empty());
    CHECK(words(*machine.child_exited("a", exit_kind::normal, "", start, 0.5)) ==
          script{"start a"});
    CHECK(machine.children()[1].version == "3");
  }
  SECTION("not at all, if it is not wanted by then") {
    CHECK(words(machine.arrange({}, start)).empty());
    CHECK(words(*machine.child_exited("a", exit_kind::normal, "", start, 0.5)).empty());
    CHECK(machine.children()[1].state == child_state::idle);
  }
}

TEST_CASE("a child on demand that fails is restarted like any other") {
  auto machine = made();
  static_cast<void>(machine.start(start));
  static_cast<void>(machine.arrange({{"a", "1"}}, start));
  CHECK(words(*machine.child_exited("a", exit_kind::abnormal, "boom", start, 0.5)).empty());
  CHECK(machine.children()[1].state == child_state::waiting);
  SECTION("after its delay") {
    CHECK(words(machine.timer_fired(start + 1s)) == script{"start a"});
    CHECK(restarts_of_a(machine) == 1);
  }
  SECTION("in the version that is wanted by then") {
    CHECK(words(machine.arrange({{"a", "2"}}, start)).empty());
    CHECK(words(machine.timer_fired(start + 1s)) == script{"start a"});
    CHECK(machine.children()[1].version == "2");
  }
  SECTION("not if it is not wanted any more") {
    CHECK(words(machine.arrange({}, start)).empty());
    CHECK(words(machine.timer_fired(start + 1s)).empty());
    CHECK(machine.children()[1].state == child_state::idle);
  }
}

TEST_CASE("nothing is started once the supervisor stops") {
  auto machine = made();
  static_cast<void>(machine.start(start));
  static_cast<void>(machine.arrange({{"a", "1"}}, start));
  CHECK(words(machine.stop_requested()) == script{"stop a"});
  CHECK(words(machine.arrange({{"a", "2"}, {"b", "1"}}, start)).empty());
  CHECK(words(*machine.child_exited("a", exit_kind::normal, "", start, 0.5)) == script{"stop p"});
  CHECK(words(*machine.child_exited("p", exit_kind::normal, "", start, 0.5)) == script{"done"});
}

TEST_CASE("children on demand need one_for_one") {
  CHECK(!supervision::make({.strategy = restart_strategy::one_for_all},
                           {{.name = "a", .on_demand = true}}));
}
