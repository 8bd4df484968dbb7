#pragma once

#include "actors/runtime/node_context.hpp"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace prism {

/// For tests of recovery: kills random actors of a node (`chaos-kill-per-minute`). The root
/// supervisor has one and asks it when to kill next. Runs in the supervisor's actor.
class chaos_monkey {
public:
  explicit chaos_monkey(node_ptr node) : node_(std::move(node)) {}

  /// How long to wait until the next kill: half to one and a half times the mean interval. Empty if
  /// the option is 0.
  [[nodiscard]] std::optional<steady_clock::duration> next_wait();

  /// Kills one of `children` or one database session, logs and counts it. All sessions together are
  /// as likely as one child, since there may be many of them. Does nothing while the node drains.
  void kill_one(std::vector<std::string> children);

private:
  [[nodiscard]] const std::string& pick(const std::vector<std::string>& names);

  node_ptr node_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace prism
