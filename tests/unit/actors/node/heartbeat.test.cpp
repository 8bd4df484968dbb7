#include "actors/node/heartbeat.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

// Classes, since CAF's actors of functions dereference a null pointer when they start.
struct answering_state {
  using interface = any_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "answering";
  explicit answering_state(self_pointer /*self*/) {}
  interface::behavior_type make_behavior() {
    return {[](const stop_request&) {},
            [](const get_status&) -> actor_status {
              return {"supervisor", {}};
            }};
  }
};

/// Waits in its handler until it is released, then ends.
struct waiting_state {
  using interface = caf::typed_actor<takes<tick>>;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "waiting";
  waiting_state(self_pointer self, std::promise<void>* entered, std::promise<void>* released)
      : self_(self), entered_(entered), released_(released) {}
  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      entered_->set_value();
      released_->get_future().wait();
      self_->quit();
    }};
  }
  self_pointer self_;
  std::promise<void>* entered_;
  std::promise<void>* released_;
};

} // namespace

TEST_CASE("a scheduler that is stuck gives no sign of life, and one that works does") {
  caf::actor_system_config config;
  set_up_caf(config);
  config.set("scheduler.max-threads", 1);
  caf::actor_system system(config);
  const auto supervisor = spawn_state<answering_state>(system);
  heartbeat beat(system, supervisor);

  auto now = steady_clock::now();
  REQUIRE(eventually([&] { return beat.last_answer(now).has_value(); }));

  // The only worker waits inside a handler.
  std::promise<void> entered;
  std::promise<void> released;
  const auto stuck = spawn_state<waiting_state>(system, &entered, &released);
  caf::anon_send(stuck, tick{});
  entered.get_future().wait();
  const auto before = beat.last_answer(now);
  for (int i = 0; i < 100; ++i)
    CHECK(beat.last_answer(now += 1s) == before);

  released.set_value();
  REQUIRE(eventually([&] { return beat.last_answer(now += 1s) > before; }));
  caf::anon_send_exit(supervisor, caf::exit_reason::kill);
}

TEST_CASE("a supervisor that does not answer gives no sign of life") {
  caf::actor_system_config config;
  set_up_caf(config);
  caf::actor_system system(config);
  const auto dead = spawn_state<answering_state>(system);
  {
    caf::scoped_actor self(system);
    self->send_exit(dead, caf::exit_reason::kill);
    self->wait_for(caf::actor_cast<caf::actor>(dead));
  }
  heartbeat beat(system, dead);
  auto now = steady_clock::now();
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(beat.last_answer(now += 1s));
}
