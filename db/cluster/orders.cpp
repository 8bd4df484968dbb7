#include "db/cluster/cluster.hpp"
#include "db/cluster/statements.hpp"
#include "db/cluster/table_rows.hpp"
#include "db/index/progress.hpp"

#include <algorithm>
#include <fmt/format.h>

/// What operators order.
namespace prism::db {

namespace {

const statement set_draining{"cluster_set_draining", R"sql(
  UPDATE cluster_members
  SET draining = $3
  WHERE service = $1 AND name = $2 AND dead_at IS NULL
)sql"};

const statement unpin{"cluster_unpin", R"sql(
  UPDATE shard_placement
  SET pinned = false
  WHERE service = $1 AND shard = $2
)sql"};

[[nodiscard]] tl::unexpected<db_error> no_such(std::string why) {
  return tl::unexpected(db_error{error_class::fatal, std::string{no_such_member_state},
                                 std::move(why), "cluster order"});
}

[[nodiscard]] tl::unexpected<db_error> no_such_shard(std::string_view service, std::int32_t shard) {
  return no_such(fmt::format("{} has no shard {}", service, shard));
}

[[nodiscard]] tl::unexpected<db_error> no_such_member(std::string_view service,
                                                      std::string_view name) {
  return no_such(fmt::format("no node {} takes part in the cluster of {}", name, service));
}

[[nodiscard]] outcome<void> move_locked(executor& on, std::string_view service,
                                        const cluster::node_id& to, cluster::placed_shard shard,
                                        locked_state state) {
  const auto stays = shard.node == to;
  if (stays && shard.pinned)
    return {};
  shard.node = to;
  shard.pinned = true;
  pipeline out(on);
  if (!stays)
    shard.token = ++state.view;
  queue_set_state(out, service, state);
  queue_put_placement(out, service, {shard});
  if (!stays)
    queue_set_tokens(out, service, {shard.shard}, shard.token);
  return out.sync().map([](const auto&) {});
}

} // namespace

outcome<void> move_shard(connection& on, const tx_options& options, std::string_view service,
                         std::int32_t shard, std::string_view name) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<void> {
    pipeline locks(inside);
    const auto state_at = queue_lock_state(locks, service);
    const auto table_at = queue_read_table(locks, service, {});
    const auto rows = locks.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    const auto now = table_of((*rows)[table_at]);
    const auto to = std::ranges::find_if(
        now.members, [&](const auto& each) { return !each.dead() && each.name == name; });
    if (to == now.members.end())
      return no_such_member(service, name);
    if (to->draining)
      return no_such(fmt::format("node {} is draining", name));
    const auto from = std::ranges::find(now.placement, shard, &cluster::placed_shard::shard);
    if (from == now.placement.end())
      return no_such_shard(service, shard);
    return move_locked(inside, service, to->id, *from, read_locked_state((*rows)[state_at]));
  });
}

outcome<void> unpin_shard(connection& on, const tx_options& options, std::string_view service,
                          std::int32_t shard) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<void> {
    const auto done = inside.exec_prepared(unpin, params{}.text(service).int4(shard));
    if (!done)
      return tl::unexpected(done.error());
    return done->affected_rows() == 1 ? outcome<void>{} : no_such_shard(service, shard);
  });
}

outcome<void> drain_member(connection& on, const tx_options& options, std::string_view service,
                           std::string_view name, bool draining) {
  return transaction::run(on, options, [&](tx& inside) -> outcome<void> {
    const auto done =
        inside.exec_prepared(set_draining, params{}.text(service).text(name).boolean(draining));
    if (!done)
      return tl::unexpected(done.error());
    return done->affected_rows() == 1 ? outcome<void>{} : no_such_member(service, name);
  });
}

} // namespace prism::db
