#include "tests/model/cluster/database.hpp"

#include <algorithm>

namespace prism::model {

using action = cluster::round_request::lease_action;

const member_row* database::find(const cluster::node_id& node) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](auto& each) { return each.id == node; });
  return found == members.end() ? nullptr : &*found;
}

bool database::lives(const cluster::node_id& node) const {
  const auto* row = find(node);
  return row != nullptr && row->dead_reason.empty();
}

cluster::table database::read(instant now) const {
  cluster::table out{.view = view, .lead = {holder, epoch, lease_expires - now}};
  for (const auto& each : members)
    out.members.push_back({.id = each.id,
                           .name = each.name,
                           .draining = each.draining,
                           .expires_in = each.expires_at - now,
                           .view = each.view,
                           .dead_reason = each.dead_reason});
  out.placement = placement;
  return out;
}

void database::mark_dead(const cluster::node_id& node, std::string_view reason) {
  for (auto& each : members)
    if (each.id == node && each.dead_reason.empty())
      each.dead_reason = reason;
}

std::vector<cluster::node_id> database::join(instant now, const cluster::node_id& self,
                                             const std::string& name) {
  std::vector<cluster::node_id> ended;
  if (find(self) != nullptr)
    return ended;
  view = std::max({view, epoch, *std::max_element(cursor_epoch.begin(), cursor_epoch.end())});
  for (auto& each : members)
    if (each.dead_reason.empty() && each.name == name) {
      each.dead_reason = "replaced";
      ended.push_back(each.id);
      if (holder == each.id)
        lease_expires = now;
    }
  members.push_back({self, name, 0, false, now + times.ttl, {}});
  if (placement.empty()) {
    ++view;
    for (std::size_t i = 0; i < shard_count; ++i) {
      placement.push_back({static_cast<std::int32_t>(i), {}, view, false});
      cursor_epoch[i] = view;
    }
  }
  return ended;
}

void database::round(instant now, const cluster::node_id& self, const cluster::round_request& what,
                     const mutant& wrong) {
  const bool ours = holder == self && epoch == what.epoch;
  switch (what.lease) {
  case action::none:
    break;
  case action::renew:
    if (ours && lives(self))
      lease_expires = now + times.ttl;
    else if (wrong.renew_without_epoch && lives(self)) {
      holder = self;
      lease_expires = now + times.ttl;
    }
    break;
  case action::take:
    if (lives(self) && (lease_expires <= now || !lives(holder) || wrong.take_unexpired)) {
      holder = self;
      ++epoch;
      lease_expires = now + times.ttl;
    }
    break;
  case action::resign:
    if (ours || wrong.resign_without_epoch)
      lease_expires = std::min(lease_expires, now);
  }
  for (auto& each : members)
    if (each.id == self && each.dead_reason.empty()) {
      if (what.renew_member) {
        each.expires_at = now + times.ttl;
        each.view = std::max(each.view, what.view);
      }
      each.draining = each.draining || what.draining;
    }
}

database::placed database::place(instant now, const cluster::node_id& self,
                                 std::int64_t lease_epoch, const cluster::placement_plan& plan,
                                 const mutant& wrong, std::vector<cluster::node_id>& ended) {
  if ((holder != self || epoch != lease_epoch || !lives(self)) && !wrong.place_without_lease)
    return placed::refused;
  if (view != plan.from_view && !wrong.place_without_view)
    return placed::refused;
  for (const auto& node : plan.dead)
    if (const auto* row = find(node); row != nullptr && row->dead_reason.empty() &&
                                      row->expires_at > now && !wrong.place_without_renewal)
      return placed::refused;
  if (!wrong.place_without_view && !wrong.place_without_lease)
    for (const auto& each : plan.moved)
      if (!lives(each.node))
        return placed::refused;
  // Also of former owners that are dead: they may have begun a batch after they had died.
  if (!wrong.sessions_go_on) {
    ended = plan.dead;
    for (const auto& each : plan.moved)
      if (const auto& owner = placement[static_cast<std::size_t>(each.shard)].node;
          !owner.empty() && !lives(owner) && !wrong.later_sessions_go_on)
        ended.push_back(owner);
  }
  for (const auto& each : plan.moved) {
    const auto& by = locked_by[static_cast<std::size_t>(each.shard)];
    if (!by.empty() && std::find(ended.begin(), ended.end(), by) == ended.end())
      return placed::waits;
  }
  view = plan.from_view + 1;
  for (const auto& each : plan.moved) {
    placement[static_cast<std::size_t>(each.shard)] = each;
    if (!wrong.place_without_tokens)
      cursor_epoch[static_cast<std::size_t>(each.shard)] = each.token;
  }
  for (const auto& node : plan.dead)
    mark_dead(node, "expired");
  return placed::done;
}

void database::leave(instant now, const cluster::node_id& self) {
  if (holder == self)
    lease_expires = now;
  mark_dead(self, "left");
}

void database::move_shard(std::size_t shard, const cluster::node_id& to) {
  auto& row = placement[shard];
  if (row.node == to)
    return;
  ++view;
  row = {row.shard, to, view, true};
  cursor_epoch[shard] = view;
}

} // namespace prism::model
