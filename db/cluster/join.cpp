#include "db/cluster/cluster.hpp"
#include "db/cluster/statements.hpp"
#include "db/cluster/table_rows.hpp"
#include "db/index/progress.hpp"
#include "db/index/streams.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <fmt/format.h>

/// How a node becomes a member, and how it leaves.
namespace prism::db {

namespace {

const statement read_highest_epoch{"cluster_highest_epoch", R"sql(
  SELECT coalesce(max(epoch), 0)
  FROM firehose_cursor
  WHERE service = $1
)sql"};

// Again after a COMMIT that was not answered: the row is there.
const statement put_member{"cluster_put_member", R"sql(
  INSERT INTO cluster_members(node, service, name, address, version, protocol_min, protocol_max,
    started_at, expires_at, ttl_ms)
  VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, clock_timestamp(),
    clock_timestamp() + $8::bigint * interval '1 millisecond', $8)
  ON CONFLICT (node) DO UPDATE
  SET expires_at = excluded.expires_at
)sql"};

const statement drop_placement{"cluster_drop_placement", R"sql(
  DELETE FROM shard_placement
  WHERE service = $1 AND shard >= $2
)sql"};

[[nodiscard]] tl::unexpected<db_error> refuse(std::string why) {
  return tl::unexpected(db_error{error_class::fatal, std::string{join_refused_state},
                                 std::move(why), put_member.name});
}

/// What a node finds when it joins, under the locks of lease and state.
struct found {
  locked_lease lease;
  locked_state state;
  std::int64_t highest_epoch{0};
  cluster::table table;
};

[[nodiscard]] outcome<found> lock_and_read(executor& on, const join_request& who) {
  pipeline out(on);
  const auto lease_at = queue_lock_lease(out, who.service);
  const auto state_at = queue_lock_state(out, who.service);
  const auto epoch_at = out.add(read_highest_epoch, std::move(params{}.text(who.service)));
  const auto table_at = queue_read_table(out, who.service, who.id);
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  found what{read_locked_lease((*rows)[lease_at]), read_locked_state((*rows)[state_at]),
             (*rows)[epoch_at].get_int8(0, 0), table_of((*rows)[table_at])};
  what.highest_epoch = std::max(what.highest_epoch, what.lease.epoch);
  what.state.view = std::max(what.state.view, what.highest_epoch);
  return what;
}

/// The other members that matter to a node that joins.
struct others {
  std::vector<cluster::node_id> replaced;      ///< of its name
  std::vector<const cluster::member*> present; ///< may be at work
  std::vector<cluster::node_id> absent;        ///< have not renewed for two ttl
};

[[nodiscard]] others sort_members(const cluster::table& from, const join_request& who) {
  others out;
  for (const auto& each : from.members) {
    if (each.dead() || each.id == who.id)
      continue;
    if (each.name == who.name)
      out.replaced.push_back(each.id);
    else if (each.expires_in > -who.ttl)
      out.present.push_back(&each);
    else
      out.absent.push_back(each.id);
  }
  return out;
}

[[nodiscard]] outcome<void> check_fits(const join_request& who, const locked_state& state,
                                       const others& rest) {
  for (const auto* each : rest.present)
    if (each->protocol.max < who.protocol.min || who.protocol.max < each->protocol.min)
      return refuse(fmt::format(
          "this prismd ({}) speaks versions {} to {} of the links between nodes, and node {} ({}) "
          "speaks {} to {}: upgrade one version at a time",
          who.version, who.protocol.min, who.protocol.max, each->name, each->version,
          each->protocol.min, each->protocol.max));
  if (!rest.present.empty() && state.shards != who.shards)
    return refuse(fmt::format(
        "this node is set to {} shards, and the cluster of node {} has {}: set shards = {}, or "
        "stop all nodes before the number changes",
        who.shards, rest.present.front()->name, state.shards, state.shards));
  return {};
}

[[nodiscard]] outcome<void> replace_and_add(executor& on, const join_request& who,
                                            const found& what, const others& rest) {
  pipeline out(on);
  queue_end_sessions(out, rest.replaced, what.lease);
  queue_free_lease(out, who.service, rest.replaced);
  queue_mark_dead(out, who.service, rest.replaced, "replaced");
  out.add(put_member, std::move(params{}
                                    .text(who.id)
                                    .text(who.service)
                                    .text(who.name)
                                    .text(who.address)
                                    .text(who.version)
                                    .int4(who.protocol.min)
                                    .int4(who.protocol.max)
                                    .int8(std::int64_t{who.ttl.count()})));
  queue_forget_dead(out, who.service);
  return out.sync().map([](const auto&) {});
}

/// Takes up the service with nobody else at work: numbers the shards anew if their number has
/// changed, and the places if other services have been indexed in between. What others may know of
/// it is void then: they are dead and fenced.
[[nodiscard]] outcome<void> take_up(executor& on, const join_request& who, found& what,
                                    const others& rest) {
  const auto next_view = what.state.view + 1;
  const auto renumbered = renumber_cursors(on, who.service, who.shards, next_view, 0);
  if (!renumbered)
    return tl::unexpected(renumbered.error());
  const auto rebased = take_up_stream(on, who.service);
  if (!rebased)
    return tl::unexpected(rebased.error());
  const auto placed = what.table.placement.size() == static_cast<std::size_t>(who.shards);
  if (!*renumbered && !*rebased && placed)
    return {};
  what.state = {next_view, who.shards};
  std::vector<cluster::placed_shard> nobodys;
  for (std::int32_t shard = 0; shard < who.shards; ++shard)
    nobodys.push_back({shard, {}, next_view, false});
  pipeline out(on);
  queue_end_sessions(out, rest.absent, what.lease);
  queue_free_lease(out, who.service, rest.absent);
  queue_mark_dead(out, who.service, rest.absent, "expired");
  out.add(drop_placement, std::move(params{}.text(who.service).int4(who.shards)));
  queue_put_placement(out, who.service, nobodys);
  queue_set_tokens(out, who.service, numbers_of(nobodys), next_view);
  return out.sync().map([](const auto&) {});
}

} // namespace

outcome<cluster::table> join_cluster(connection& on, const tx_options& options,
                                     const join_request& who) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<cluster::table> {
    auto what = lock_and_read(inside, who);
    if (!what)
      return tl::unexpected(what.error());
    const auto self = std::ranges::find(what->table.members, who.id, &cluster::member::id);
    if (self != what->table.members.end() && self->dead())
      return std::move(what->table);
    const auto rest = sort_members(what->table, who);
    if (auto fits = check_fits(who, what->state, rest); !fits)
      return tl::unexpected(fits.error());
    if (auto added = replace_and_add(inside, who, *what, rest); !added)
      return tl::unexpected(added.error());
    if (rest.present.empty())
      if (auto taken = take_up(inside, who, *what, rest); !taken)
        return tl::unexpected(taken.error());
    pipeline out(inside);
    queue_set_state(out, who.service, what->state);
    const auto table_at = queue_read_table(out, who.service, who.id);
    const auto rows = out.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    return table_of((*rows)[table_at]);
  });
}

outcome<void> leave_cluster(connection& on, const tx_options& options, std::string_view service,
                            const cluster::node_id& self) {
  return transaction::run(on, options, [&](tx& inside) {
    pipeline out(inside);
    queue_free_lease(out, service, {self});
    queue_mark_dead(out, service, {self}, "left");
    return out.sync().map([](const auto&) {});
  });
}

outcome<std::int64_t> begin_cluster_anew(connection& on, const tx_options& options,
                                         std::string_view service) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<std::int64_t> {
    pipeline locks(inside);
    const auto lease_at = queue_lock_lease(locks, service);
    const auto state_at = queue_lock_state(locks, service);
    const auto epoch_at = locks.add(read_highest_epoch, std::move(params{}.text(service)));
    const auto table_at = queue_read_table(locks, service, {});
    const auto rows = locks.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    const auto lease = read_locked_lease((*rows)[lease_at]);
    auto state = read_locked_state((*rows)[state_at]);
    state.view = std::max({state.view, lease.epoch, (*rows)[epoch_at].get_int8(0, 0)}) + 1;
    std::vector<cluster::node_id> live;
    for (const auto& each : table_of((*rows)[table_at]).members)
      if (!each.dead())
        live.push_back(each.id);
    pipeline out(inside);
    queue_end_sessions(out, live, lease);
    queue_free_lease(out, service, live);
    queue_mark_dead(out, service, live, "expired");
    queue_set_state(out, service, state);
    out.add(drop_placement, std::move(params{}.text(service).int4(0)));
    if (auto done = out.sync(); !done)
      return tl::unexpected(done.error());
    return begin_stream_anew(inside, service);
  });
}

} // namespace prism::db
