#pragma once

#include "messages/interfaces.hpp"

#include <chrono>
#include <optional>
#include <shared_mutex>

namespace prism {

/// Lets threads that belong to no actor ask the actors of the node, also while the actor system is
/// taken down and built up again (`node::begin_again`). Any thread.
class tree_access {
public:
  /// The actors run from now on.
  void open(caf::actor_system& system) {
    const std::scoped_lock lock(mutex_);
    system_ = &system;
  }
  /// Waits for requests under way, each of which has a limit. Nobody is asked any more.
  void close() {
    const std::scoped_lock lock(mutex_);
    system_ = nullptr;
  }

  /// Asks an actor for its status. Blocks.
  /// @returns empty if it does not answer within `limit`, or there are no actors.
  [[nodiscard]] std::optional<actor_status> ask(const caf::strong_actor_ptr& actor,
                                                std::chrono::milliseconds limit) const;

  /// Sends a message of the actor's interface that is not answered. @returns whether there are
  /// actors.
  template <class Actor, class Message>
  bool send(const Actor& actor, const Message& message) const {
    const std::shared_lock lock(mutex_);
    if (system_ == nullptr || !actor)
      return false;
    caf::anon_send(actor, message);
    return true;
  }

private:
  mutable std::shared_mutex mutex_;
  caf::actor_system* system_{nullptr};
};

} // namespace prism
