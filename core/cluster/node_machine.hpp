#pragma once

#include "core/clock.hpp"
#include "core/cluster/table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace prism::cluster {

/// Times of a cluster. All nodes of one have the same.
struct timing {
  /// How long a lease and a membership last without renewal. 1 s to 10 min.
  std::chrono::milliseconds ttl{10'000};

  /// What the leader's trust in itself ends before that: for the differing rates of clocks.
  [[nodiscard]] std::chrono::milliseconds margin() const noexcept { return ttl / 10; }
  [[nodiscard]] std::chrono::milliseconds renewal() const noexcept { return ttl / 3; }
  [[nodiscard]] std::chrono::milliseconds round() const noexcept { return ttl / 10; }
};

/// What one round writes, before it reads the table.
struct round_request {
  bool renew_member{false};
  bool draining{false};
  std::int64_t view{0}; ///< the newest that this node has seen
  /// What is done about the lease. `renew` and `resign` do nothing unless this node holds it with
  /// `epoch`; `take` nothing unless it is free: expired, or held by a node that is dead or no
  /// member.
  enum class lease_action : std::uint8_t { none, renew, take, resign };
  lease_action lease{lease_action::none};
  std::int64_t epoch{0};
};

/// What follows from a round.
struct node_decision {
  enum class standing : std::uint8_t {
    member,   ///< as before
    replaced, ///< dead: another process has joined under its name; end
    dead      ///< dead, or not in the table any more: drop everything and join again
  };
  standing self{standing::member};
  bool became_leader{false};
  bool lost_lead{false};
  /// When the next round is due.
  time_point next{};
};

/// One node's view of its lease and membership. Decides what each round asks, and what its answer
/// means. A plain value for one thread; the clock is passed in.
class node_machine {
public:
  node_machine(node_id self, timing times) : self_(std::move(self)), times_(times) {}

  /// A round begins; `now` is before its first byte is sent.
  [[nodiscard]] round_request begin_round(time_point now);
  /// The round is committed; `now` is after its last byte was received.
  [[nodiscard]] node_decision on_table(const table& read, time_point now);
  /// The round failed, or its answer was lost: it may have been committed.
  [[nodiscard]] node_decision on_failed(time_point now);
  /// The table is said to have changed: the next round is due at once.
  void hurry() noexcept { hurried_ = true; }
  /// The node stops: from the next round on it resigns and is draining.
  void drain() noexcept { draining_ = true; }

  /// Whether this node may act as the leader at `now`.
  [[nodiscard]] bool leads(time_point now) const noexcept { return now < trusted_until_; }
  [[nodiscard]] time_point trusted_until() const noexcept { return trusted_until_; }
  [[nodiscard]] std::int64_t epoch() const noexcept { return epoch_; }
  /// Whether this node may declare others dead: every round for the last ttl succeeded.
  [[nodiscard]] bool may_declare_dead(time_point now) const noexcept;

private:
  node_id self_;
  timing times_;
  bool draining_{false};
  bool hurried_{false};
  std::int64_t view_{0};
  std::int64_t epoch_{0};                     // of the lease that this node holds or held
  time_point trusted_until_{};                // as leader
  time_point begun_{};                        // of the round under way
  round_request asked_{};                     // in it
  time_point renewed_{};                      // the membership, when it was last sent with success
  std::optional<time_point> reachable_since_; // rounds have succeeded without interruption
  std::optional<lease> last_lease_;
};

} // namespace prism::cluster
