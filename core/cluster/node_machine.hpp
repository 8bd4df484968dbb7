#pragma once

#include "core/clock.hpp"
#include "core/cluster/table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

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
  bool draining{false}; ///< it stops; never takes an operator's order back
  std::int64_t view{0}; ///< the newest that this node has seen
  /// What is done about the lease. `renew` and `resign` do nothing unless this node holds it with
  /// `epoch`; `take` nothing unless it is free: expired, or held by a node that is dead or no
  /// member. None of them does anything for a node that is dead or no member.
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
  /// Both: the lead was lost since the last decision, and has been gained again.
  bool lost_lead{false};
  /// When the next round is due.
  time_point next{};
};

/// One node's view of its lease and membership. Decides what each round asks, and what its answer
/// means. A plain value for one thread; the clock is passed in. It believes what a table says, and
/// nothing from a round without an answer: that round may have been committed or not.
class node_machine {
public:
  /// No two rounds are closer to each other.
  static constexpr std::chrono::milliseconds min_pause{50};

  /// All that it knows; for tests and logs.
  struct state {
    bool stopping{false};  ///< `drain` was called
    bool draining{false};  ///< that, or an operator has said so in the newest table
    bool hurried{false};   ///< the next round is due at once
    bool holds{false};     ///< the lease is in this node's name, in the newest table
    bool reported{false};  ///< the newest decision said that this node leads
    bool has_heirs{false}; ///< another member could lead
    std::string name;      ///< of this node, in the newest table; empty: none read yet
    std::int64_t view{0};  ///< the newest seen
    std::int64_t epoch{0}; ///< of the lease that this node holds or held
    time_point trusted_until{};
    time_point begun{};                        ///< the newest round
    time_point answered{};                     ///< or failed: the newest round that ended
    time_point next{};                         ///< when the next round is due
    std::optional<time_point> member_renewal;  ///< when that is due; empty: at once
    std::optional<time_point> lease_free;      ///< when it is if nobody renews; empty: not known
    std::optional<time_point> succeeded;       ///< beginning of the newest round, if it succeeded
    std::optional<time_point> succeeded_since; ///< all rounds, without a gap
  };

  node_machine(node_id self, timing times) : self_(std::move(self)), times_(times) {}

  /// A round begins; `now` is before its first byte is sent.
  [[nodiscard]] round_request begin_round(time_point now);
  /// The round is committed; `now` is after its last byte was received. Also for a newer table that
  /// was read since, by `place_shards`.
  [[nodiscard]] node_decision on_table(const table& read, time_point now);
  /// The round failed, or its answer was lost: it may have been committed. Not for a failure of
  /// `place_shards`, which says nothing about rounds: while it waits for the batch of a stopped
  /// node, the leader must become able to declare that one dead.
  [[nodiscard]] node_decision on_failed(time_point now);
  /// The table is said to have changed: the next round is due at once.
  void hurry() noexcept { state_.hurried = true; }
  /// The node stops: from the next round on it resigns and is draining; that round is due at once.
  void drain() noexcept { state_.stopping = state_.draining = state_.hurried = true; }

  /// When the next round is due. `hurry` and `drain` make it earlier.
  [[nodiscard]] time_point next_round() const noexcept;
  /// Whether this node may act as the leader at `now`.
  [[nodiscard]] bool leads(time_point now) const noexcept { return now < state_.trusted_until; }
  [[nodiscard]] time_point trusted_until() const noexcept { return state_.trusted_until; }
  [[nodiscard]] std::int64_t epoch() const noexcept { return state_.epoch; }
  /// Whether this node may declare others dead: every round for the last ttl succeeded, and between
  /// two of them was never more than ttl / 3. So who could not renew had a ttl to do so since the
  /// database was away.
  [[nodiscard]] bool may_declare_dead(time_point now) const noexcept;
  [[nodiscard]] const state& inside() const noexcept { return state_; }

private:
  [[nodiscard]] bool must_resign() const noexcept;
  [[nodiscard]] bool may_take() const noexcept;
  void read_lease(const table& read, time_point now);
  void read_members(const table& read, const member& own);
  void note_success(time_point now);
  void plan_next(time_point now);
  node_decision end(node_decision::standing how, time_point now);

  node_id self_;
  timing times_;
  state state_;
};

} // namespace prism::cluster
