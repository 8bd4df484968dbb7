// What this node shows of the cluster to operators and to the metrics.
#include "actors/cluster/cluster.hpp"
#include "core/wall_clock.hpp"

#include <algorithm>
#include <utility>

namespace prism {

namespace {

[[nodiscard]] link_line line_of(const net::link_stats& link) {
  std::string ends;
  for (std::size_t i = 0; i < link.ended.size(); ++i)
    if (link.ended[i] > 0)
      ends += fmt::format("{}{} {}", ends.empty() ? "" : ", ", link.ended[i],
                          net::to_string(static_cast<net::link_end>(i)));
  using seconds = std::chrono::duration<double>;
  return {.peer = link.peer.id,
          .name = link.peer.name,
          .address = link.peer.address,
          .open = link.open,
          .seconds = seconds(link.since).count(),
          .round_trip_ms = seconds(link.round_trip).count() * 1'000,
          .bytes_in = link.bytes_in,
          .bytes_out = link.bytes_out,
          .queued_bytes = link.queued_bytes,
          .ends = std::move(ends)};
}

} // namespace

void cluster_state::show_metrics() {
  const auto& out = node_->metrics.cluster();
  const auto& table = now_->table;
  const auto live =
      std::ranges::count_if(table.members, [](const auto& each) { return !each.dead(); });
  const auto own = std::ranges::count_if(table.placement,
                                         [&](const auto& each) { return each.node == now_->self; });
  const auto unplaced = std::ranges::count_if(table.placement, [&](const auto& placed) {
    const auto* member = now_->find(placed.node);
    return member == nullptr || member->dead();
  });
  out.members->Set(static_cast<double>(live));
  out.other_ttl->Set(static_cast<double>(ttl_check_.count()));
  out.view->Set(static_cast<double>(table.view));
  out.epoch->Set(static_cast<double>(table.lead.epoch));
  out.leading->Set(machine_.leads(now()) ? 1 : 0);
  out.shards->Set(static_cast<double>(own));
  out.shards_unplaced->Set(static_cast<double>(unplaced));
  out.has_leader->Set(now_->is_led(now()) ? 1 : 0);
  if (last_problem_.empty())
    out.last_round->Set(seconds_since_1970());
  show_links();
}

void cluster_state::show_links() {
  const auto& out = node_->metrics.cluster();
  const auto all = links_->stats();
  double open = 0;
  double queued = 0;
  double slowest = 0;
  for (const auto& link : all) {
    open += link.open ? 1 : 0;
    queued += static_cast<double>(link.queued_bytes);
    auto& bytes =
        link_bytes_
            .try_emplace(link.peer.id, link_bytes{metrics::running_total{*out.received_bytes},
                                                  metrics::running_total{*out.sent_bytes}})
            .first->second;
    bytes.received.show(static_cast<double>(link.bytes_in));
    bytes.sent.show(static_cast<double>(link.bytes_out));
    if (link.open)
      slowest = std::max(slowest, std::chrono::duration<double>(link.round_trip).count());
  }
  out.links_open->Set(open);
  out.links_wanted->Set(static_cast<double>(all.size()));
  out.queued_bytes->Set(queued);
  out.round_trip->Set(slowest);
  std::erase_if(link_bytes_, [&](const auto& shown) {
    return std::ranges::none_of(all, [&](const auto& link) { return link.peer.id == shown.first; });
  });
  std::vector<link_line> lines;
  lines.reserve(all.size());
  for (const auto& link : all)
    lines.push_back(line_of(link));
  node_->cluster.show_links(std::move(lines));
  const auto totals = links_->totals();
  for (std::size_t i = 0; i < net::link_end_count; ++i) {
    const auto reason = net::to_string(static_cast<net::link_end>(i));
    link_ends_.try_emplace(reason, out.link_ends.of(reason))
        .first->second.show(static_cast<double>(totals.ended[i] + totals.refused[i]));
  }
}

actor_status cluster_state::status() const {
  const auto left = machine_.trusted_until() - now();
  return {name,
          {{"node", now_->self},
           {"leading", machine_.leads(now())},
           {"epoch", machine_.epoch()},
           {"trusted_for_seconds", std::max(0.0, std::chrono::duration<double>(left).count())},
           {"view", now_->table.view},
           {"leader", now_->table.lead.holder},
           {"last_problem", last_problem_}}};
}

} // namespace prism
