#include "db/cluster/cluster.hpp"
#include "db/cluster/statements.hpp"
#include "db/cluster/table_rows.hpp"
#include "db/index/progress.hpp"

#include <algorithm>
#include <fmt/format.h>

/// How the leader moves shards and declares members dead.
namespace prism::db {

namespace {

using cluster::placed_shard;

[[nodiscard]] db_error out_of_date(std::string why) {
  return {error_class::fatal, std::string{fenced_state}, std::move(why), "place_shards"};
}

[[nodiscard]] std::vector<cluster::node_id> live_of(const cluster::table& in,
                                                    std::vector<cluster::node_id> nodes) {
  std::erase_if(nodes, [&](const auto& node) { return find_live(in, node) == nullptr; });
  return nodes;
}

/// Whether the plan was carried out before: its COMMIT was not answered.
[[nodiscard]] bool is_done(const cluster::table& now, const cluster::placement_plan& plan) {
  const auto token = plan.from_view + 1;
  return now.view == token &&
         std::ranges::all_of(
             plan.moved,
             [&](const placed_shard& each) {
               return std::ranges::find(now.placement,
                                        placed_shard{each.shard, each.node, token, each.pinned}) !=
                      now.placement.end();
             }) &&
         std::ranges::none_of(plan.dead,
                              [&](const auto& node) { return find_live(now, node) != nullptr; });
}

/// Whether the leader may carry the plan out now, and the plan still fits.
[[nodiscard]] outcome<void> check_plan(const cluster::table& now, const cluster::node_id& self,
                                       std::int64_t epoch, const cluster::placement_plan& plan) {
  const auto stop = [](std::string why) { return tl::unexpected(out_of_date(std::move(why))); };
  if (now.lead.holder != self || now.lead.epoch != epoch || find_live(now, self) == nullptr)
    return stop(fmt::format("this node does not lead with epoch {} any more", epoch));
  if (is_done(now, plan))
    return {};
  if (now.view != plan.from_view)
    return stop(fmt::format("the plan was made from view {}, but the view is {}", plan.from_view,
                            now.view));
  for (const auto& node : plan.dead)
    if (const auto* member = find_live(now, node); member && member->expires_in.count() > 0)
      return stop(fmt::format("node {} was to be declared dead, but has renewed", member->name));
  for (const auto& each : plan.moved)
    if (find_live(now, each.node) == nullptr)
      return stop(fmt::format("node {} was to get shard {}, but is dead", each.node, each.shard));
  return {};
}

/// Those that die, and former owners that are dead: one that was replaced may have begun a session
/// since, and in it a batch, whose token is right until now.
[[nodiscard]] std::vector<cluster::node_id>
whose_sessions_end(const cluster::table& now, const cluster::placement_plan& plan) {
  auto out = live_of(now, plan.dead);
  for (const auto& each : plan.moved) {
    const auto row = std::ranges::find(now.placement, each.shard, &placed_shard::shard);
    if (row != now.placement.end() && !row->node.empty() && find_live(now, row->node) == nullptr &&
        std::ranges::find(out, row->node) == out.end())
      out.push_back(row->node);
  }
  return out;
}

[[nodiscard]] outcome<cluster::table> carry_out(executor& on, std::string_view service,
                                                const cluster::node_id& self,
                                                const cluster::table& before,
                                                const locked_lease& lease, locked_state state,
                                                const cluster::placement_plan& plan) {
  const auto dead = live_of(before, plan.dead);
  ++state.view;
  auto moved = plan.moved;
  for (auto& each : moved)
    each.token = state.view;
  pipeline out(on);
  queue_end_sessions(out, whose_sessions_end(before, plan), lease);
  queue_set_state(out, service, state);
  const auto dead_at = queue_mark_expired(out, service, dead);
  queue_put_placement(out, service, moved);
  const auto tokens_at = queue_set_tokens(out, service, numbers_of(moved), state.view);
  const auto table_at = queue_read_table(out, service, self);
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  if ((*rows)[dead_at].affected_rows() != dead.size())
    return tl::unexpected(out_of_date("a node that was to be declared dead has just renewed"));
  if ((*rows)[tokens_at].affected_rows() != moved.size())
    return db_fail(sqlstate::object_state,
                   fmt::format("a shard of {} has no row in firehose_cursor", service),
                   "place_shards");
  return table_of((*rows)[table_at]);
}

} // namespace

outcome<cluster::table> place_shards(connection& on, const tx_options& options,
                                     std::string_view service, const cluster::node_id& self,
                                     std::int64_t epoch, const cluster::placement_plan& plan) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<cluster::table> {
    pipeline locks(inside);
    const auto lease_at = queue_lock_lease(locks, service);
    const auto state_at = queue_lock_state(locks, service);
    const auto table_at = queue_read_table(locks, service, self);
    const auto rows = locks.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    auto now = table_of((*rows)[table_at]);
    if (auto fits = check_plan(now, self, epoch, plan); !fits)
      return tl::unexpected(fits.error());
    if (is_done(now, plan))
      return now;
    return carry_out(inside, service, self, now, read_locked_lease((*rows)[lease_at]),
                     read_locked_state((*rows)[state_at]), plan);
  });
}

} // namespace prism::db
