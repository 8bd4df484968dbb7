#pragma once

#include "actors/inspector/action_log.hpp"
#include "actors/inspector/admitted_request.hpp"
#include "actors/inspector/operators.hpp"
#include "actors/inspector/snapshots.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace prism {

/// What the actors of the inspection share. They are no part of the node's tree, and have an actor
/// system of their own, so that they answer while that one is stuck, is not there yet, or is built
/// up again.
struct inspection_context {
  explicit inspection_context(node_ptr of) : node(std::move(of)), last(node) {}

  node_ptr node;
  snapshots last;
  operators connected;
  action_log actions;

  /// The actors that run what waits. Kept here and not by the inspector, whom CAF may hold for
  /// longer than its system lives: the system waits for the threads of these two. Empty: the node
  /// stops.
  void set_lanes(waiting_actor asking, waiting_actor database) {
    const std::scoped_lock lock(mutex_);
    asking_ = std::move(asking);
    database_ = std::move(database);
  }
  [[nodiscard]] waiting_actor lane(command_place place) const {
    const std::scoped_lock lock(mutex_);
    return place == command_place::asking ? asking_ : database_;
  }

  /// Where the database is, once the node knows it. Any thread.
  void set_conninfo(std::string text) {
    const std::scoped_lock lock(mutex_);
    conninfo_ = std::move(text);
  }
  /// Empty: not known yet.
  [[nodiscard]] std::string conninfo() const {
    const std::scoped_lock lock(mutex_);
    return conninfo_;
  }

private:
  mutable std::mutex mutex_;
  std::string conninfo_;
  waiting_actor asking_;
  waiting_actor database_;
};

using inspection_ptr = std::shared_ptr<inspection_context>;

} // namespace prism
