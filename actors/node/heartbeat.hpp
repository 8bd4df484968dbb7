#pragma once

#include "core/clock.hpp"
#include "messages/interfaces.hpp"

#include <memory>
#include <optional>

namespace prism {

/// Shows that the actor system handles messages: the supervisor answers a question about once a
/// second. A database that is away does not keep it from that; a scheduler that runs nothing, or a
/// supervisor that is stuck, does. One thread.
class heartbeat {
public:
  heartbeat(caf::actor_system& system, any_actor supervisor);
  /// Ends the actor that asks.
  ~heartbeat();
  heartbeat(const heartbeat&) = delete;
  heartbeat& operator=(const heartbeat&) = delete;

  /// Asks once a second, unless a question waits for its answer. Does not wait.
  /// @returns when the newest answer came; empty before the first
  [[nodiscard]] std::optional<time_point> last_answer(time_point now);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
  caf::typed_actor<takes<tick>> asker_;
  std::optional<time_point> asked_;
};

} // namespace prism
