#include "core/cluster/peer_reach.hpp"

namespace prism::cluster {

void peer_reach::see(const std::set<node_id>& members, const std::set<node_id>& linked,
                     time_point now) {
  std::erase_if(peers_, [&](const auto& peer) { return !members.contains(peer.first); });
  for (const auto& member : members) {
    auto& peer = peers_.try_emplace(member, state{.since = now}).first->second;
    if (const bool is = linked.contains(member); is != peer.linked) {
      peer.linked = is;
      peer.since = now;
    }
    const bool long_enough = now - peer.since >= patience;
    if (peer.linked && (!peer.given_up || long_enough)) {
      peer.reachable = true;
      peer.given_up = false;
    } else if (!peer.linked && peer.reachable && long_enough) {
      peer.reachable = false;
      peer.given_up = true;
    }
  }
}

std::set<node_id> peer_reach::reachable() const {
  std::set<node_id> out;
  for (const auto& [id, peer] : peers_)
    if (peer.reachable)
      out.insert(id);
  return out;
}

} // namespace prism::cluster
