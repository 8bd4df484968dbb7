#include "core/supervision.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using prism::child_spec;
using prism::child_state;
using prism::errc;
using prism::exit_kind;
using prism::restart_strategy;
using prism::restart_type;
using prism::supervision;
using prism::supervision_action;
using prism::supervision_options;
using prism::time_point;
using kind = supervision_action::kind;
using script = std::vector<std::string>;

namespace {

using prism::test::start;

supervision_options options_for(restart_strategy strategy) {
  return {.strategy = strategy,
          .max_restarts = 5,
          .period = 60s,
          .backoff = {.min = 1s, .max = 30s, .factor = 2.0, .jitter = 0.0}};
}

// The actions as words, so that a test reads like the story of a supervisor.
script script_of(const supervision::actions& actions) {
  script words;
  for (const auto& action : actions)
    switch (action.what) {
    case kind::start:
      words.push_back("start " + action.name);
      break;
    case kind::stop:
      words.push_back("stop " + action.name);
      break;
    case kind::wake:
      words.push_back("wake at " + std::to_string((action.at - start) / 1ms));
      break;
    case kind::escalate:
      words.push_back("escalate");
      break;
    case kind::done:
      words.push_back("done");
      break;
    }
  return words;
}

// A supervisor of a, b, c with the given restart types, started at start.
struct family {
  supervision machine;

  explicit family(restart_strategy strategy, restart_type type = restart_type::permanent)
      : family(options_for(strategy), {{"a", type}, {"b", type}, {"c", type}}) {}

  family(supervision_options options, std::vector<child_spec> children)
      : machine(*supervision::make(options, std::move(children))) {
    started = script_of(machine.start(start));
  }

  script crash(const std::string& name, time_point now = start) {
    return script_of(*machine.child_exited(name, exit_kind::abnormal, name + " broke", now, 0.5));
  }
  script leave(const std::string& name, time_point now = start) {
    return script_of(*machine.child_exited(name, exit_kind::normal, "", now, 0.5));
  }
  script wake(time_point now) { return script_of(machine.timer_fired(now)); }
  script stop() { return script_of(machine.stop_requested()); }
  child_state state(std::size_t index) const { return machine.children()[index].state; }

  script started{};
};

} // namespace

TEST_CASE("children are started in the order of their specs, once") {
  family tree(restart_strategy::one_for_one);
  CHECK(tree.started == script{"start a", "start b", "start c"});
  CHECK(script_of(tree.machine.start(start)).empty());
  CHECK(tree.state(1) == child_state::running);
  CHECK(tree.machine.restarts() == 0);
}

TEST_CASE("one for one restarts a crashed child alone, after its backoff") {
  family tree(restart_strategy::one_for_one);
  CHECK(tree.crash("b") == script{"wake at 1000"});
  CHECK(tree.state(1) == child_state::waiting);
  CHECK(tree.machine.children()[1].last_error == "b broke");
  CHECK(tree.wake(start + 1s) == script{"start b"});
  CHECK(tree.machine.children()[1].restarts == 1);
  CHECK(tree.machine.children()[1].started_at == start + 1s);
  CHECK(tree.machine.restarts() == 1);
  CHECK(tree.state(0) == child_state::running);
}

TEST_CASE("a timer that fires too early or too often does no harm") {
  family tree(restart_strategy::one_for_one);
  CHECK(tree.wake(start).empty());
  tree.crash("a");
  CHECK(tree.wake(start + 999ms).empty()); // the earlier wake is still valid
  CHECK(tree.wake(start + 1s) == script{"start a"});
  CHECK(tree.wake(start + 1s).empty());
}

TEST_CASE("of several waiting children the earliest decides the timer") {
  family tree(restart_strategy::one_for_one);
  tree.crash("a");
  tree.wake(start + 1s);
  CHECK(tree.crash("a", start + 1s) == script{"wake at 3000"}); // second delay of a: 2 s
  CHECK(tree.crash("b", start + 1s) == script{"wake at 2000"}); // first delay of b: 1 s
  CHECK(tree.wake(start + 2s) == script{"start b", "wake at 3000"});
  CHECK(tree.wake(start + 3s) == script{"start a"});
}

TEST_CASE("each child backs off on its own and is forgiven after a quiet period") {
  family tree(restart_strategy::one_for_one);
  CHECK(tree.crash("a", start) == script{"wake at 1000"});
  tree.wake(start + 1s);
  CHECK(tree.crash("a", start + 1s) == script{"wake at 3000"});
  tree.wake(start + 3s);
  CHECK(tree.crash("a", start + 62s) == script{"wake at 66000"}); // lived 59 s: third delay
  tree.wake(start + 66s);
  CHECK(tree.crash("a", start + 126s) == script{"wake at 127000"}); // lived 60 s: first delay
}

TEST_CASE("jitter uses the random number it is given") {
  auto options = options_for(restart_strategy::one_for_one);
  options.backoff.jitter = 1.0;
  family tree(options, {{"a", restart_type::permanent}});
  const auto actions = tree.machine.child_exited("a", exit_kind::abnormal, "x", start, 0.25);
  REQUIRE(actions);
  CHECK(script_of(*actions) == script{"wake at 250"});
}

TEST_CASE("the restart type decides which exits are final") {
  SECTION("a permanent child returns even after a normal exit") {
    family tree(restart_strategy::one_for_one, restart_type::permanent);
    CHECK(tree.leave("a") == script{"wake at 1000"});
    CHECK(tree.machine.children()[0].last_error.empty());
  }
  SECTION("a transient child returns only after a crash") {
    family tree(restart_strategy::one_for_one, restart_type::transient);
    CHECK(tree.leave("a").empty());
    CHECK(tree.state(0) == child_state::finished);
    CHECK(tree.crash("b") == script{"wake at 1000"});
  }
  SECTION("a temporary child never returns") {
    family tree(restart_strategy::one_for_one, restart_type::temporary);
    CHECK(tree.crash("a").empty());
    CHECK(tree.state(0) == child_state::finished);
    CHECK(tree.machine.children()[0].last_error == "a broke");
  }
}

TEST_CASE("one for all stops the others in reverse, one by one, and starts all in order") {
  family tree(restart_strategy::one_for_all);
  CHECK(tree.crash("b") == script{"stop c"});
  CHECK(tree.state(2) == child_state::stopping);
  CHECK(tree.leave("c") == script{"stop a"});
  CHECK(tree.leave("a") == script{"wake at 1000"});
  CHECK(tree.wake(start + 1s) == script{"start a", "start b", "start c"});
  CHECK(tree.machine.restarts() == 3);
}

TEST_CASE("a group that is down only after its delay is started at once") {
  family tree(restart_strategy::one_for_all);
  tree.crash("a");
  CHECK(tree.leave("c", start + 5s) == script{"stop b"});
  CHECK(tree.leave("b", start + 9s) == script{"start a", "start b", "start c"});
}

TEST_CASE("a child that crashes while its group is stopped is not counted or asked again") {
  auto options = options_for(restart_strategy::one_for_all);
  options.max_restarts = 1;
  family tree(options, {{"a"}, {"b"}, {"c"}});
  CHECK(tree.crash("c") == script{"stop b"});
  CHECK(tree.crash("a").empty());
  CHECK(tree.crash("b") == script{"wake at 1000"});
  CHECK(tree.machine.children()[0].last_error == "a broke");
  CHECK(tree.wake(start + 1s) == script{"start a", "start b", "start c"});
}

TEST_CASE("a group restart brings back finished transient children but no temporary ones") {
  family tree(options_for(restart_strategy::one_for_all), {{"a", restart_type::permanent},
                                                           {"b", restart_type::transient},
                                                           {"c", restart_type::temporary}});
  CHECK(tree.leave("b").empty());
  CHECK(tree.crash("a") == script{"stop c"});
  CHECK(tree.leave("c") == script{"wake at 1000"});
  CHECK(tree.wake(start + 1s) == script{"start a", "start b"});
  CHECK(tree.state(2) == child_state::finished);
}

TEST_CASE("rest for one leaves the children before the crashed one alone") {
  family tree(restart_strategy::rest_for_one);
  CHECK(tree.crash("b") == script{"stop c"});
  CHECK(tree.leave("c") == script{"wake at 1000"});
  CHECK(tree.state(0) == child_state::running);
  CHECK(tree.wake(start + 1s) == script{"start b", "start c"});
  CHECK(tree.crash("c", start + 1s) == script{"wake at 2000"});
}

TEST_CASE("an earlier child that crashes during a rest-for-one restart widens the group") {
  family tree(restart_strategy::rest_for_one);
  CHECK(tree.crash("c") == script{"wake at 1000"});
  CHECK(tree.crash("a", start + 500ms) == script{"stop b"});
  CHECK(tree.wake(start + 1s).empty()); // b still lives
  CHECK(tree.leave("b", start + 1200ms) == script{"wake at 1500"});
  CHECK(tree.wake(start + 1500ms) == script{"start a", "start b", "start c"});
}

TEST_CASE("a wider group still waits for the longest delay in it") {
  family tree(restart_strategy::rest_for_one);
  tree.crash("c");
  tree.wake(start + 1s);
  CHECK(tree.crash("c", start + 1s) == script{"wake at 3000"});
  CHECK(tree.crash("a", start + 1100ms) == script{"stop b"}); // a alone would be back at 2100
  CHECK(tree.leave("b", start + 1200ms) == script{"wake at 3000"});
  CHECK(tree.wake(start + 3s) == script{"start a", "start b", "start c"});
}

TEST_CASE("too many restarts in the period end the family in reverse order and escalate") {
  auto options = options_for(restart_strategy::one_for_one);
  options.max_restarts = 2;
  family tree(options, {{"a"}, {"b"}, {"c"}});
  time_point now = start;
  for (int i = 0; i < 2; ++i) {
    tree.crash("b", now);
    now += 10s;
    REQUIRE(tree.wake(now) == script{"start b"});
  }
  CHECK(tree.crash("b", now) == script{"stop c"});
  CHECK(tree.leave("c", now) == script{"stop a"});
  const auto last = tree.machine.child_exited("a", exit_kind::normal, "", now, 0.5);
  REQUIRE(last);
  REQUIRE(script_of(*last) == script{"escalate"});
  CHECK_THAT(last->front().text,
             Catch::Contains("'b'") && Catch::Contains("2 restarts") && Catch::Contains("b broke"));
  CHECK(tree.machine.ended());
}

TEST_CASE("restarts that are spread over more than the period do not escalate") {
  auto options = options_for(restart_strategy::one_for_one);
  options.max_restarts = 1;
  family tree(options, {{"a"}});
  for (time_point now = start; now < start + 600s; now += 60s) {
    REQUIRE(tree.crash("a", now).front().starts_with("wake"));
    REQUIRE(tree.wake(now + 30s) == script{"start a"});
  }
}

TEST_CASE("a supervisor that allows no restart escalates at the first crash") {
  auto options = options_for(restart_strategy::one_for_one);
  options.max_restarts = 0;
  family tree(options, {{"a"}});
  CHECK(tree.crash("a") == script{"escalate"});
}

TEST_CASE("a planned stop ends all children in reverse order, whatever they were doing") {
  SECTION("all running") {
    family tree(restart_strategy::one_for_one);
    CHECK(tree.stop() == script{"stop c"});
    CHECK(tree.stop().empty());
    CHECK(tree.leave("c") == script{"stop b"});
    CHECK(tree.crash("b") == script{"stop a"});
    CHECK(tree.leave("a") == script{"done"});
    CHECK(tree.machine.ended());
    CHECK(tree.state(0) == child_state::idle);
  }
  SECTION("a child that ended by itself is skipped") {
    family tree(restart_strategy::one_for_one);
    CHECK(tree.stop() == script{"stop c"});
    CHECK(tree.crash("b").empty());
    CHECK(tree.leave("c") == script{"stop a"});
  }
  SECTION("a waiting child is not started any more") {
    family tree(restart_strategy::one_for_one);
    tree.crash("b");
    CHECK(tree.stop() == script{"stop c"});
    CHECK(tree.state(1) == child_state::idle);
    CHECK(tree.wake(start + 10s).empty());
    CHECK(tree.leave("c") == script{"stop a"});
    CHECK(tree.leave("a") == script{"done"});
    CHECK(tree.wake(start + 20s).empty());
  }
  SECTION("in the middle of a group restart") {
    family tree(restart_strategy::one_for_all);
    CHECK(tree.crash("a") == script{"stop c"});
    CHECK(tree.stop().empty()); // c is already asked
    CHECK(tree.leave("c") == script{"stop b"});
    CHECK(tree.leave("b") == script{"done"});
  }
  SECTION("nothing was started or nothing is left") {
    auto machine = *supervision::make({}, {{"a"}});
    CHECK(script_of(machine.stop_requested()) == script{"done"});
    CHECK(script_of(machine.start(start)).empty());
  }
}

TEST_CASE("a stop during an escalation still ends in the escalation") {
  auto options = options_for(restart_strategy::one_for_one);
  options.max_restarts = 0;
  family tree(options, {{"a"}, {"b"}});
  CHECK(tree.crash("a") == script{"stop b"});
  CHECK(tree.stop().empty());
  CHECK(tree.leave("b") == script{"escalate"});
}

TEST_CASE("an exit of an unknown or dead child is an error") {
  family tree(restart_strategy::one_for_one);
  const auto unknown = tree.machine.child_exited("z", exit_kind::normal, "", start, 0);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::not_found);
  tree.crash("a");
  const auto twice = tree.machine.child_exited("a", exit_kind::normal, "", start, 0);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == errc::invalid);
  CHECK_THAT(twice.error().message, Catch::Contains("waiting"));
}

TEST_CASE("a supervisor with bad options or names is not made") {
  const auto message = [](supervision_options options, std::vector<child_spec> children) {
    const auto made = supervision::make(options, std::move(children));
    return made ? std::string("made") : made.error().message;
  };
  CHECK(message({}, {{"a"}, {"b"}}) == "made");
  CHECK_THAT(message({}, {{"a"}, {"a"}}), Catch::Contains("'a'"));
  CHECK_THAT(message({}, {{""}}), Catch::Contains("no name"));
  CHECK_THAT(message({.period = 0ms}, {}), Catch::Contains("period"));
  CHECK_THAT(message({.backoff = {.min = 0ms}}, {}), Catch::Contains("min"));
}
