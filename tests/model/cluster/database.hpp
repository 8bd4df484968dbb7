#pragma once

#include "core/cluster/node_machine.hpp"
#include "core/cluster/placement.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The cluster's tables, and what the transactions of db/cluster/cluster.hpp do to them.
namespace prism::model {

using std::chrono::milliseconds;

/// Of the whole cluster. A tick is a round.
inline constexpr cluster::timing times{.ttl = milliseconds{10'000}};
inline constexpr milliseconds tick{1'000};
inline constexpr std::size_t shard_count = 2;

/// True time, which is the database's.
using instant = milliseconds;

/// Errors that can be planted, to show that the search finds them.
struct mutant {
  // In the database.
  bool batch_without_token{false};   ///< a batch does not look at its token
  bool batch_without_lock{false};    ///< it looks, but a move can come between that and COMMIT
  bool take_unexpired{false};        ///< the lease is taken from a holder that may still trust it
  bool renew_without_epoch{false};   ///< a late renewal takes the lease back
  bool resign_without_epoch{false};  ///< a late resignation ends another one's lease
  bool place_without_lease{false};   ///< a former leader moves shards
  bool place_without_view{false};    ///< a late plan is carried out
  bool place_without_tokens{false};  ///< placement changes, but not the cursors' tokens
  bool place_without_renewal{false}; ///< a member dies that renewed after the plan was made
  bool sessions_go_on{false};        ///< a dead node's sessions, and their locks, are not ended
  bool later_sessions_go_on{false};  ///< those that it begins when it is dead are not ended
  // In the node.
  bool trust_from_answer{false};   ///< trust counts from the answer of a round
  bool declare_at_once{false};     ///< others are declared dead without a ttl of rounds
  bool never_gives_up_lead{false}; ///< trust does not end
  // In the world.
  bool wild_clocks{false}; ///< rates of clocks differ by more than the margin allows
};

struct member_row {
  cluster::node_id id;
  std::string name;
  std::int64_t view{0};
  bool draining{false};
  instant expires_at{};
  std::string dead_reason;
};

struct database {
  std::int64_t view{0};
  cluster::node_id holder;
  std::int64_t epoch{5}; // of a prismd before clusters
  instant lease_expires{};
  std::vector<member_row> members;
  std::vector<cluster::placed_shard> placement;
  std::array<std::int64_t, shard_count> cursor_epoch{5, 5};
  std::array<cluster::node_id, shard_count> locked_by; // empty: not locked

  [[nodiscard]] const member_row* find(const cluster::node_id& node) const;
  [[nodiscard]] bool lives(const cluster::node_id& node) const;
  [[nodiscard]] cluster::table read(instant now) const;

  /// @returns the nodes whose sessions it ended.
  std::vector<cluster::node_id> join(instant now, const cluster::node_id& self,
                                     const std::string& name);
  void round(instant now, const cluster::node_id& self, const cluster::round_request& what,
             const mutant& wrong);
  enum class placed : std::uint8_t { done, refused, waits };
  /// `waits`: for the lock of a cursor; nothing is changed. `ended` gets the nodes whose sessions
  /// it ended.
  placed place(instant now, const cluster::node_id& self, std::int64_t lease_epoch,
               const cluster::placement_plan& plan, const mutant& wrong,
               std::vector<cluster::node_id>& ended);
  void leave(instant now, const cluster::node_id& self);
  /// An operator's order.
  void move_shard(std::size_t shard, const cluster::node_id& to);

private:
  void mark_dead(const cluster::node_id& node, std::string_view reason);
};

} // namespace prism::model
