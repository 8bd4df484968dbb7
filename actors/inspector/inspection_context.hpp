#pragma once

#include "actors/inspector/action_log.hpp"
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
};

using inspection_ptr = std::shared_ptr<inspection_context>;

} // namespace prism
