#include "actors/cluster/remote_firehose.hpp"

namespace prism {

namespace {

constexpr std::chrono::milliseconds tick_interval{1'000};
/// Without link for so long, the node is not ready.
constexpr std::chrono::seconds patience{5};

} // namespace

remote_firehose_state::remote_firehose_state(self_pointer self, node_ptr node, node_links_ptr links)
    : self_(self), node_(std::move(node)), links_(std::move(links)),
      unlinked_since_(steady_clock::now()) {
  const auto now = node_->cluster.read();
  leader_ = now->table.lead.holder;
  if (const auto* leader = now->leader())
    leader_name_ = leader->name;
  node_->status.firehose_running = true;
}

remote_firehose_state::~remote_firehose_state() {
  node_->status.firehose_running = false;
  node_->status.clear_problem("link");
}

firehose_actor::behavior_type remote_firehose_state::make_behavior() {
  restart_shards();
  self_->delayed_send(self_, tick_interval, tick{});
  return {[](const source_frames&) {},
          [this](const shard_ready& ready) {
            if (const auto token = node_->cluster.token(ready.shard))
              links_->report(leader_, linked_shard_ready{*token, ready});
          },
          [this](const frames_durable& report) {
            if (const auto token = node_->cluster.token(report.shard))
              links_->report(leader_, linked_durable{*token, report});
          },
          [this](const tick&) { on_tick(); },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) -> actor_status {
            return {"firehose",
                    {{"leader", leader_},
                     {"leader_name", leader_name_},
                     {"linked", links_->linked(leader_)}}};
          }};
}

// They announced themselves to the leader before.
void remote_firehose_state::restart_shards() {
  for (std::size_t shard = 0; shard < node_->options.shards; ++shard)
    if (node_->cluster.token(shard))
      if (const auto actor = node_->actors.find(names::shard(shard)))
        self_->send(actor, firehose_started{});
}

void remote_firehose_state::on_tick() {
  self_->delayed_send(self_, tick_interval, tick{});
  const auto now = steady_clock::now();
  if (links_->linked(leader_) || node_->options.cluster_listen.empty()) {
    unlinked_since_ = now;
    return node_->status.clear_problem("link");
  }
  if (now - unlinked_since_ >= patience)
    node_->status.set_problem(
        "link",
        fmt::format(
            "no link with the leader {} ({}) for {} s; check the network and the "
            "certificates: prismctl cluster",
            leader_name_, leader_,
            std::chrono::duration_cast<std::chrono::seconds>(now - unlinked_since_).count()));
}

} // namespace prism
