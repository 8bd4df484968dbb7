#pragma once

#include "core/clock.hpp"
#include "core/cluster/table.hpp"

#include <chrono>
#include <map>
#include <set>

namespace prism::cluster {

/// Which members a leader may give shards to, by the state of their links. A member that was linked
/// once stays reachable for `patience` without link; then it is not, until it has been linked
/// without interruption for `patience`: so a link that flaps does not make shards wander. Plain
/// value; bounded by the members it is told of.
class peer_reach {
public:
  static constexpr std::chrono::seconds patience{5};

  /// The links as they are now. @param linked those among `members` with an open link.
  void see(const std::set<node_id>& members, const std::set<node_id>& linked, time_point now);

  [[nodiscard]] std::set<node_id> reachable() const;

private:
  struct state {
    bool linked{false};
    bool reachable{false};
    bool given_up{false}; // was reachable, and not any more
    time_point since{};   // of `linked`
  };
  std::map<node_id, state> peers_;
};

} // namespace prism::cluster
