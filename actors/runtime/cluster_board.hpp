#pragma once

#include "core/clock.hpp"
#include "core/cluster/table.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// The cluster as this node last read it. Immutable.
struct cluster_snapshot {
  cluster::node_id self;
  cluster::table table;
  time_point read_at{};

  /// The member that holds the lease; null: nobody, or it does not live.
  [[nodiscard]] const cluster::member* leader() const noexcept;
  [[nodiscard]] const cluster::member* find(const cluster::node_id& id) const noexcept;
  /// Whether a live member's lease lasts still, as far as this node knows.
  [[nodiscard]] bool is_led(time_point now) const noexcept;
  [[nodiscard]] bool led_by_self() const noexcept { return table.lead.holder == self; }
  /// Null: there is no such shard.
  [[nodiscard]] const cluster::placed_shard* shard(std::size_t number) const noexcept;
};

/// A link with another node, for people.
struct link_line {
  std::string peer;
  std::string name;
  std::string address;
  bool open{false};
  double seconds{0}; ///< how long it has been so
  double round_trip_ms{0};
  std::uint64_t bytes_in{0};
  std::uint64_t bytes_out{0};
  std::uint64_t queued_bytes{0};
  std::string ends; ///< "3 silent, 1 lost"
};

/// What the node knows of its cluster: the actor `cluster` writes it, everybody reads it. Any
/// thread.
class cluster_board {
public:
  /// Another snapshot, from the start of the node on never null.
  void show(std::shared_ptr<const cluster_snapshot> now) {
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(now);
  }
  [[nodiscard]] std::shared_ptr<const cluster_snapshot> read() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
  }

  /// The links, as they were at the last round; as many as there are members.
  void show_links(std::vector<link_line> links) {
    const std::scoped_lock lock(mutex_);
    links_ = std::move(links);
  }
  [[nodiscard]] std::vector<link_line> links() const {
    const std::scoped_lock lock(mutex_);
    return links_;
  }

  /// Until when this node may act as the leader.
  void trust(time_point until, std::int64_t epoch) noexcept {
    epoch_ = epoch;
    trusted_until_ = until.time_since_epoch().count();
  }
  [[nodiscard]] bool leads(time_point now) const noexcept {
    return now.time_since_epoch().count() < trusted_until_;
  }
  /// Of the lease that this node holds, or held.
  [[nodiscard]] std::int64_t epoch() const noexcept { return epoch_; }

  /// This node's UUID; empty before it has joined.
  [[nodiscard]] cluster::node_id self() const;
  /// Of the node's database sessions: "prismd UUID". The next leader ends those of a dead node by
  /// it.
  [[nodiscard]] std::string application_name() const;
  /// The token with which this node writes a shard; empty: it is another node's, or nobody's.
  [[nodiscard]] std::optional<std::int64_t> token(std::size_t shard) const;

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const cluster_snapshot> snapshot_;
  std::vector<link_line> links_;
  std::atomic<steady_clock::rep> trusted_until_{0};
  std::atomic<std::int64_t> epoch_{0};
};

} // namespace prism
