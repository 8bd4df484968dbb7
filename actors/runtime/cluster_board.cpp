#include "actors/runtime/cluster_board.hpp"

#include <algorithm>

namespace prism {

const cluster::member* cluster_snapshot::find(const cluster::node_id& id) const noexcept {
  const auto found = std::ranges::find(table.members, id, &cluster::member::id);
  return found == table.members.end() ? nullptr : &*found;
}

const cluster::member* cluster_snapshot::leader() const noexcept {
  return cluster::find_live(table, table.lead.holder);
}

bool cluster_snapshot::is_led(time_point now) const noexcept {
  return leader() != nullptr && now < read_at + table.lead.expires_in;
}

const cluster::placed_shard* cluster_snapshot::shard(std::size_t number) const noexcept {
  const auto found = std::ranges::find(table.placement, static_cast<std::int32_t>(number),
                                       &cluster::placed_shard::shard);
  return found == table.placement.end() ? nullptr : &*found;
}

cluster::node_id cluster_board::self() const {
  const auto now = read();
  return now ? now->self : cluster::node_id{};
}

std::string cluster_board::application_name() const {
  const auto id = self();
  return id.empty() ? "prismd" : cluster::session_name(id);
}

std::optional<std::int64_t> cluster_board::token(std::size_t shard) const {
  const auto now = read();
  const auto* placed = now ? now->shard(shard) : nullptr;
  if (placed == nullptr || placed->node != now->self)
    return std::nullopt;
  return placed->token;
}

} // namespace prism
