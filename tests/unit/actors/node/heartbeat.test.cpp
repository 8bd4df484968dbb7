#include "actors/node/heartbeat.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

caf::behavior answering(caf::event_based_actor*) {
  return {[](const stop_request&) {},
          [](const get_status&) -> actor_status {
            return {"supervisor", {}};
          }};
}

} // namespace

TEST_CASE("a scheduler that is stuck gives no sign of life, and one that works does") {
  caf::actor_system_config config;
  set_up_caf(config);
  config.set("scheduler.max-threads", 1);
  caf::actor_system system(config);
  const auto supervisor = system.spawn(answering);
  heartbeat beat(system, supervisor);

  auto now = steady_clock::now();
  REQUIRE(eventually([&] { return beat.last_answer(now).has_value(); }));

  // The only worker waits inside a handler.
  std::promise<void> entered;
  std::promise<void> released;
  const auto stuck = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](tick) {
      entered.set_value();
      released.get_future().wait();
      self->quit();
    }};
  });
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
  const auto dead = system.spawn(answering);
  {
    caf::scoped_actor self(system);
    self->send_exit(dead, caf::exit_reason::kill);
    self->wait_for(dead);
  }
  heartbeat beat(system, dead);
  auto now = steady_clock::now();
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(beat.last_answer(now += 1s));
}
