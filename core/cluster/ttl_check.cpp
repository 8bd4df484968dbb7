#include "core/cluster/ttl_check.hpp"

namespace prism::cluster {

bool has_other_ttl(const member& of, std::chrono::milliseconds own) noexcept {
  return !of.dead() && of.ttl.count() > 0 && of.ttl != own;
}

std::vector<member> ttl_check::see(const table& read) {
  std::vector<member> news;
  std::set<node_id> now;
  for (const auto& each : read.members)
    if (has_other_ttl(each, own_)) {
      now.insert(each.id);
      if (!known_.contains(each.id))
        news.push_back(each);
    }
  known_ = std::move(now);
  return news;
}

} // namespace prism::cluster
