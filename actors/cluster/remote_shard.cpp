#include "actors/cluster/remote_shard.hpp"

namespace prism {

remote_shard_state::remote_shard_state(self_pointer self, node_ptr node, node_links_ptr links,
                                       std::size_t number)
    : self_(self), node_(std::move(node)), links_(std::move(links)), number_(number) {
  const auto now = node_->cluster.read();
  if (const auto* placed = now->shard(number_)) {
    node_of_it_ = placed->node;
    token_ = placed->token;
  }
}

shard_actor::behavior_type remote_shard_state::make_behavior() {
  // It may have announced itself before this node knew that it leads, or where the shard is.
  links_->send(node_of_it_, linked_firehose_started{number_, token_});
  return {[this](const frame_batch& batch) { on_frames(batch); },
          [this](const advance_to& target) {
            links_->send(node_of_it_, linked_advance{number_, token_, target});
          },
          [this](const firehose_started&) {
            waiting_.clear();
            links_->send(node_of_it_, linked_firehose_started{number_, token_});
          },
          [this](const tick&) { send_waiting(); },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) -> actor_status {
            return {names::shard(number_),
                    {{"node", node_of_it_},
                     {"token", token_},
                     {"linked", links_->linked(node_of_it_)},
                     {"incarnation", incarnation_},
                     {"parts_waiting", waiting_.size()}}};
          }};
}

void remote_shard_state::on_frames(const frame_batch& batch) {
  if (batch.incarnation != incarnation_)
    waiting_.clear(); // it was restarted, and is sent everything again
  incarnation_ = batch.incarnation;
  for (auto& part : cut(batch))
    waiting_.push_back(std::move(part));
  send_waiting();
}

void remote_shard_state::send_waiting() {
  while (!waiting_.empty() && links_->send_frames(node_of_it_, {number_, token_, waiting_.front()}))
    waiting_.pop_front();
}

} // namespace prism
