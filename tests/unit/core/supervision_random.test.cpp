#include "core/supervision.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

using namespace std::chrono_literals;
using prism::exit_kind;
using prism::restart_strategy;
using prism::restart_type;
using prism::supervision;
using prism::supervision_action;
using prism::time_point;
using kind = supervision_action::kind;

namespace {

// A simple model: which children live, which were requested to stop, and one timer.
struct world {
  std::vector<std::string> order;
  std::set<std::string> alive;
  std::optional<std::string> asked;
  std::optional<time_point> timer;
  bool over{false};

  std::size_t place(const std::string& name) const {
    return static_cast<std::size_t>(std::find(order.begin(), order.end(), name) - order.begin());
  }

  // Carries the actions out and checks that each was possible.
  void obey(const supervision::actions& actions, time_point now) {
    std::size_t last_started = 0;
    for (const auto& action : actions) {
      REQUIRE_FALSE(over);
      switch (action.what) {
      case kind::start:
        REQUIRE(alive.insert(action.name).second);
        REQUIRE(place(action.name) >= last_started);
        last_started = place(action.name);
        break;
      case kind::stop:
        REQUIRE(alive.contains(action.name));
        REQUIRE_FALSE(asked);
        asked = action.name;
        break;
      case kind::wake:
        REQUIRE(action.at > now);
        timer = action.at;
        break;
      case kind::escalate:
      case kind::done:
        REQUIRE(alive.empty());
        over = true;
      }
    }
  }
};

} // namespace

TEST_CASE("under random crashes no child is ever started twice, forgotten or left behind") {
  std::mt19937 random(17);
  std::map<kind, int> endings;
  for (int round = 0; round < 600; ++round) {
    prism::supervision_options options;
    options.strategy = static_cast<restart_strategy>(random() % 3);
    options.max_restarts = random() % 40;
    options.period = 1min;
    std::vector<prism::child_spec> specs;
    world real;
    for (std::size_t i = 0, n = 1 + random() % 6; i < n; ++i) {
      real.order.push_back("c" + std::to_string(i));
      specs.push_back({real.order.back(), static_cast<restart_type>(random() % 3)});
    }
    auto machine = *supervision::make(options, specs);
    time_point now{};
    real.obey(machine.start(now), now);
    for (int step = 0; step < 200 && !real.over; ++step) {
      now += std::chrono::milliseconds(random() % 2000);
      if (real.timer && *real.timer <= now) {
        real.timer.reset();
        real.obey(machine.timer_fired(now), now);
      } else if (!real.alive.empty() && random() % 3 != 0) {
        auto victim = std::next(real.alive.begin(),
                                static_cast<std::ptrdiff_t>(random() % real.alive.size()));
        const std::string name = real.asked && random() % 2 == 0 ? *real.asked : *victim;
        real.alive.erase(name);
        if (real.asked == name)
          real.asked.reset();
        const auto how = random() % 4 == 0 ? exit_kind::normal : exit_kind::abnormal;
        const auto actions = machine.child_exited(name, how, "boom", now, 0.5);
        REQUIRE(actions);
        real.obey(*actions, now);
      }
      // A waiting child has a timer, or others have to stop first: no child is forgotten.
      const auto children = machine.children();
      const bool someone_waits = std::any_of(children.begin(), children.end(), [](auto& child) {
        return child.state == prism::child_state::waiting;
      });
      REQUIRE((!someone_waits || real.timer || real.asked));
      REQUIRE(machine.ended() == real.over);
    }
    if (!real.over) {
      real.obey(machine.stop_requested(), now);
      while (!real.over) {
        REQUIRE(real.asked);
        const auto name = *real.asked;
        real.asked.reset();
        real.alive.erase(name);
        real.obey(*machine.child_exited(name, exit_kind::normal, "", now, 0.5), now);
      }
      ++endings[kind::done];
    } else {
      ++endings[kind::escalate];
    }
  }
  CHECK(endings[kind::done] > 50);
  CHECK(endings[kind::escalate] > 50);
}
