#pragma once

#include "db/cluster/cluster.hpp"
#include "db/pg/connection.hpp"

#include <string>

/// Nodes of a cluster without actors: each is a connection.
namespace prism::test {

inline constexpr std::string_view test_service = "wss://relay.test";

class test_node {
public:
  /// Has not joined yet.
  explicit test_node(const std::string& conninfo, std::string name = "a", std::int32_t shards = 4);

  [[nodiscard]] db::outcome<cluster::table> join();
  [[nodiscard]] db::outcome<cluster::table> round(const cluster::round_request& what = {});
  [[nodiscard]] db::outcome<cluster::table> place(const cluster::table& from,
                                                  const cluster::placement_plan& plan);

  /// Joins and takes the lease; must succeed.
  cluster::table lead();
  /// Places all shards on `owner` and declares `dead` so.
  cluster::table place_all(const cluster::node_id& owner, std::vector<cluster::node_id> dead = {});

  db::join_request who; ///< of the next `join`; ttl is 1 minute
  db::tx_options options{.deadline = std::chrono::minutes{1},
                         .lock_timeout = std::chrono::minutes{1}};
  db::connection connection;
};

/// What a node asks of the lease.
[[nodiscard]] cluster::round_request ask(cluster::round_request::lease_action what,
                                         std::int64_t epoch = 0);

/// The member with this id; fails the test if there is none.
[[nodiscard]] const cluster::member& member_of(const cluster::table& in,
                                               const cluster::node_id& id);

/// "reason" of a dead member, "" of a live one, "none" if it is not in the table.
[[nodiscard]] std::string death_of(const cluster::table& in, const cluster::node_id& id);

/// Pretends that a time has passed: all stored times are earlier by it.
void pass_time(db::connection& on, std::chrono::milliseconds by);

/// "shard=token" of firehose_cursor and of shard_placement, which have to be the same; fails the
/// test if they are not.
[[nodiscard]] std::string tokens(db::connection& on);

} // namespace prism::test
