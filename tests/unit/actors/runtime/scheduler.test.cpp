#include "messages/caf.hpp"

#include <caf/policy/work_sharing.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <catch2/catch.hpp>

using namespace prism;

// CAF's default, stealing, wakes each idle worker up to 20,000 times a second.
TEST_CASE("the workers of our actor systems share one queue, and sleep until it has work",
          "[scheduler]") {
  caf::actor_system_config config;
  set_up_caf(config);
  caf::actor_system system(config);
  using sharing = caf::scheduler::coordinator<caf::policy::work_sharing>;
  CHECK(dynamic_cast<sharing*>(&system.scheduler()) != nullptr);
}
