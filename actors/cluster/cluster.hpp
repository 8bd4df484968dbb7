#pragma once

#include "actors/cluster/node_links.hpp"
#include "core/cluster/node_machine.hpp"
#include "core/cluster/peer_reach.hpp"
#include "core/cluster/placement.hpp"
#include "core/cluster/ttl_check.hpp"
#include "db/cluster/cluster.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"

#include <optional>

namespace prism {

/// Takes part in the cluster for this node: runs its rounds over a database connection of its own
/// (core/cluster/node_machine decides), places shards while it leads, and tells the supervisor
/// which children run here. Detached: rounds block. The node has joined before: its board has a
/// snapshot.
class cluster_state {
public:
  using interface = cluster_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "cluster";

  cluster_state(self_pointer self, node_ptr node, node_links_ptr links);
  ~cluster_state();
  cluster_state(const cluster_state&) = delete;
  cluster_state& operator=(const cluster_state&) = delete;

  interface::behavior_type make_behavior();

private:
  void round();
  void on_table(cluster::table table);
  void on_failed(const db::db_error& why);
  /// What a newer table means. @returns when the next round is due; empty: the node begins again or
  /// ends.
  [[nodiscard]] std::optional<time_point> take(cluster::table table);
  void report(const cluster::node_decision& decision);
  void check_ttl();
  void end_node(bool replaced);
  /// @returns the table after it, if the placement has changed.
  [[nodiscard]] std::optional<cluster::table> place();
  void arrange();
  void leave();
  void schedule(time_point when);
  void round_soon();
  [[nodiscard]] db::outcome<void> ensure_connected();
  [[nodiscard]] db::tx_options tx() const;

  // reports to others (cluster_reports.cpp)
  void show_metrics();
  void show_links();
  [[nodiscard]] actor_status status() const;

  [[nodiscard]] static time_point now() { return steady_clock::now(); }

  self_pointer self_;
  node_ptr node_;
  node_links_ptr links_;
  cluster::timing times_;
  cluster::node_machine machine_;
  cluster::peer_reach reach_;
  cluster::ttl_check ttl_check_;
  std::shared_ptr<const cluster_snapshot> now_; // never null
  std::optional<db::connection> connection_;    // opened by the first round
  time_point due_{};                            // the next round
  std::map<std::string, std::string> arranged_; // what the supervisor was told last
  std::map<std::string_view, metrics::running_total> link_ends_;
  /// Bytes of one peer's links; of peers that are gone the counters keep what they have.
  struct link_bytes {
    metrics::running_total received;
    metrics::running_total sent;
  };
  std::map<cluster::node_id, link_bytes> link_bytes_; // of the peers named last
  bool ended_{false};        // dead: whatever comes next is the node's business
  std::string last_problem_; // of the last round; empty: it was good
};

} // namespace prism
