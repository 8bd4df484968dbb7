#pragma once

#include "core/supervision.hpp"

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace prism {

/// The children of all supervisors, as these last said, so that the tree can be read without asking
/// an actor. As many entries as there are children. Any thread.
class supervision_board {
public:
  /// Children of one supervisor, in the order in which it starts them.
  struct branch {
    std::string supervisor;
    std::vector<child_status> children;
  };

  void show(const std::string& supervisor, std::span<const child_status> children) {
    const std::scoped_lock lock(mutex_);
    branches_[supervisor].assign(children.begin(), children.end());
  }
  /// The supervisor has ended.
  void remove(const std::string& supervisor) {
    const std::scoped_lock lock(mutex_);
    branches_.erase(supervisor);
  }
  [[nodiscard]] std::vector<branch> read() const {
    const std::scoped_lock lock(mutex_);
    std::vector<branch> out;
    for (const auto& [supervisor, children] : branches_)
      out.push_back({supervisor, children});
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<child_status>> branches_;
};

} // namespace prism
