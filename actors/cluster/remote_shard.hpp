#pragma once

#include "actors/cluster/node_links.hpp"
#include "messages/interfaces.hpp"

#include <deque>

namespace prism {

/// In the leader, a shard of another node: what the firehose sends to it goes through the link. It
/// answers nothing itself; what the shard says comes through the link to the firehose. Stays with
/// one placement: the next one gets another proxy (`arrange_node`).
class remote_shard_state {
public:
  using interface = shard_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "remote_shard";

  remote_shard_state(self_pointer self, node_ptr node, node_links_ptr links, std::size_t number);
  interface::behavior_type make_behavior();

private:
  void on_frames(const frame_batch& batch);
  void send_waiting();

  self_pointer self_;
  node_ptr node_;
  node_links_ptr links_;
  std::size_t number_;
  cluster::node_id node_of_it_; // empty: the shard is on no node
  std::int64_t token_{0};
  std::uint64_t incarnation_{0};    // of the frames that came last
  std::deque<frame_batch> waiting_; // for credit in bytes; bounded by the lane's credit in frames
};

} // namespace prism
