#pragma once

#include "actors/cluster/held_frames.hpp"
#include "actors/cluster/link_codec.hpp"
#include "actors/cluster/peer_credit.hpp"
#include "actors/runtime/node_context.hpp"
#include "log/line_limit.hpp"
#include "net/link/links.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace prism {

/// The node's links, and what passes through them to and from its actors. Any thread; without
/// `cluster-listen` there are no links, and nothing is sent.
class node_links {
public:
  explicit node_links(node_ptr node) : node_(std::move(node)), held_(), credit_() {}
  ~node_links() { stop(); }
  node_links(const node_links&) = delete;
  node_links& operator=(const node_links&) = delete;

  /// Opens the listener under the node's present UUID; links under an earlier one end. One caller
  /// at a time. Errors: of the option `cluster-listen`, and those of `net::links::start`.
  [[nodiscard]] expected<void> start(const cluster::node_id& self);
  /// Ends all links; waits until nothing of them runs.
  void stop();

  /// Where other nodes reach this one, HOST:PORT; empty before `start`, and without links.
  [[nodiscard]] std::string address() const;

  /// Links with every other live member that has an address.
  void follow(const cluster_snapshot& now);

  /// Peers with an open link.
  [[nodiscard]] std::set<cluster::node_id> linked() const;
  [[nodiscard]] bool linked(const cluster::node_id& peer) const;
  [[nodiscard]] std::vector<net::link_stats> stats() const;
  [[nodiscard]] net::links_totals totals() const;

  /// @returns false if there is no link: then what is said is lost, and both sides agree anew when
  /// there is one again.
  bool send(const cluster::node_id& peer, const linked_message& message);
  /// Frames need credit besides. @returns false if there is none; the proxy is sent a `tick` when
  /// there may be some.
  bool send_frames(const cluster::node_id& peer, const linked_frames& frames);
  /// To all peers with a link: the table has changed, and this is its cluster view.
  void announce_change(std::int64_t view);

  /// A shard of this node reports to the leader; its frames up to there, or all that it had, are
  /// no longer in memory, so the node that sent them gets credit for them.
  void report(const cluster::node_id& leader, const linked_durable& report);
  void report(const cluster::node_id& leader, const linked_shard_ready& report);

private:
  // The callbacks and what they call run on the links' thread.
  [[nodiscard]] net::link_callbacks callbacks();
  [[nodiscard]] std::shared_ptr<net::links> get() const;
  void on_up(const std::string& peer);
  void on_down(const std::string& peer);
  void on_message(const std::string& peer, const boost::json::object& head,
                  std::span<const std::byte> payload);
  void give_back(const cluster::node_id& peer, std::uint64_t bytes);
  void dropped(std::string_view reason);
  /// Whether this node has the shard under this token.
  [[nodiscard]] bool is_own(std::size_t shard, std::int64_t token) const;
  /// Whether this node leads, and the peer has the shard under this token.
  [[nodiscard]] bool is_of(const std::string& peer, std::size_t shard, std::int64_t token) const;

  struct receiver;

  node_ptr node_;
  held_frames held_;
  peer_credit credit_;
  log::line_limit<std::string> lines_{std::chrono::seconds{10}, 64};
  mutable std::mutex mutex_;
  std::shared_ptr<net::links> links_; // under the mutex; null: none
};

using node_links_ptr = std::shared_ptr<node_links>;

} // namespace prism
