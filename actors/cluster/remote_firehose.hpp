#pragma once

#include "actors/cluster/node_links.hpp"
#include "messages/interfaces.hpp"

namespace prism {

/// In a node that does not lead, the leader's firehose: what shards report to it goes through the
/// link, or is lost if there is none. Readiness says so if there has been no link for a while.
/// Stays with one leader: the next one gets another proxy (`arrange_node`).
class remote_firehose_state {
public:
  using interface = firehose_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "remote_firehose";

  remote_firehose_state(self_pointer self, node_ptr node, node_links_ptr links);
  ~remote_firehose_state();
  remote_firehose_state(const remote_firehose_state&) = delete;
  remote_firehose_state& operator=(const remote_firehose_state&) = delete;

  interface::behavior_type make_behavior();

private:
  void restart_shards();
  void on_tick();

  self_pointer self_;
  node_ptr node_;
  node_links_ptr links_;
  cluster::node_id leader_;
  std::string leader_name_;
  time_point unlinked_since_; // when there was a link last
};

} // namespace prism
