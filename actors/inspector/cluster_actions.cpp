// What operators order about the cluster's table.
#include "actors/inspector/actions.hpp"
#include "db/cluster/cluster.hpp"

#include <string_view>

namespace prism::actions {

namespace {

[[nodiscard]] db::tx_options transaction_of(const command_call& call) {
  db::tx_options out;
  out.deadline = call.node.options.cluster_ttl / 2;
  return out;
}

[[nodiscard]] expected<view_data> result_of(command_call& call, const db::outcome<void>& done,
                                            std::string_view said) {
  if (!done)
    return fail(done.error().sqlstate == db::no_such_member_state ? errc::not_found
                                                                  : errc::transient,
                "{}", done.error().message);
  call.node.access.send(call.node.actors.find(names::cluster), read_cluster{});
  view_data out;
  out.data["said"] = said;
  return out;
}

[[nodiscard]] expected<std::int64_t> shard_of(const command_call& call) {
  const auto last = static_cast<std::int64_t>(call.node.options.shards) - 1;
  auto shard = number_argument(call.arguments, "shard", -1, 0, last);
  if (shard && *shard < 0)
    return fail(errc::invalid, "argument 'shard' is missing");
  return shard;
}

} // namespace

expected<view_data> move_shard(command_call& call) {
  const auto shard = shard_of(call);
  const auto name = text_argument(call.arguments, "node");
  if (!shard || !name)
    return tl::unexpected(shard ? name.error() : shard.error());
  return result_of(
      call,
      db::move_shard(*call.database, transaction_of(call), call.node.service,
                     static_cast<std::int32_t>(*shard), *name),
      fmt::format("shard {} is on {}, and stays there while that lives", *shard, *name));
}

expected<view_data> unpin_shard(command_call& call) {
  const auto shard = shard_of(call);
  if (!shard)
    return tl::unexpected(shard.error());
  return result_of(call,
                   db::unpin_shard(*call.database, transaction_of(call), call.node.service,
                                   static_cast<std::int32_t>(*shard)),
                   fmt::format("the leader places shard {} again when that is needed", *shard));
}

expected<view_data> drain_member(command_call& call) {
  const auto name = text_argument(call.arguments, "node");
  if (!name)
    return tl::unexpected(name.error());
  return result_of(
      call, db::drain_member(*call.database, transaction_of(call), call.node.service, *name),
      fmt::format("{} gives up the lead, if it has it, and its shards; it goes on running", *name));
}

expected<view_data> undrain_member(command_call& call) {
  const auto name = text_argument(call.arguments, "node");
  if (!name)
    return tl::unexpected(name.error());
  return result_of(
      call, db::drain_member(*call.database, transaction_of(call), call.node.service, *name, false),
      fmt::format("{} may have shards and the lead again", *name));
}

} // namespace prism::actions
