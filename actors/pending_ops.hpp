#pragma once

#include "actors/node_context.hpp"
#include "core/pending_index.hpp"
#include "messages/interfaces.hpp"

namespace prism {

/// Knows what waits for what: the memory of table pending_ops, within the caps of the options. It
/// starts with the operations parked last, so that millions of older ones cost nothing, and follows
/// what the shards report. It decides nothing: the table does, in the batch's own transaction.
class pending_ops_state {
public:
  using interface = pending_ops_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pending_ops";

  pending_ops_state(self_pointer self, node_ptr node);

  interface::behavior_type make_behavior();

private:
  void load();
  void note(const db::pending_change& change);
  [[nodiscard]] std::size_t map_of(atproto::collection kind) const;
  void show();

  self_pointer self_;
  node_ptr node_;
  std::array<pending_index, 2> waiting_; // in the order of metrics::labels::pending_maps
  std::array<std::uint64_t, 2> shown_evicted_{};
  std::array<std::uint64_t, 2> shown_dropped_{};
};

} // namespace prism
