#include "actors/inspector/command.hpp"

#include "actors/inspector/actions.hpp"
#include "actors/inspector/views.hpp"

#include <algorithm>
#include <vector>

namespace prism {

namespace {

using enum command_place;

/// A view of shared state.
[[nodiscard]] command shared(std::string_view name, view_data (*view)(node_context&)) {
  return {name, at_once, false, [view](command_call& call) { return view(call.node); }};
}

/// The status of one actor.
[[nodiscard]] command actor(std::string_view name, std::string which) {
  return {name, asking, false,
          [which = std::move(which)](command_call& call) { return views::of_actor(call, which); }};
}

[[nodiscard]] command look(std::string_view name, command_place place,
                           expected<view_data> (*run)(command_call&)) {
  return {name, place, false, run};
}

[[nodiscard]] command act(std::string_view name, command_place place,
                          expected<view_data> (*run)(command_call&)) {
  return {name, place, true, run};
}

} // namespace

std::span<const command> all_commands() {
  static const std::vector<command> all{
      shared("status", views::status),
      shared("actors", views::actors),
      shared("channels", views::channels),
      shared("caches", views::caches),
      shared("reads", views::reads),
      shared("trace", views::trace_events),
      shared("log-levels", views::log_levels),
      look("log", at_once, views::log_lines),
      look("inspect", asking, views::inspect),
      actor("pool", names::pool),
      actor("identity", names::identity),
      actor("jobs", names::janitor),
      actor("user-creation", names::user_creation),
      actor("firehose", names::firehose),
      look("database", database, views::server),
      look("cursor", database, views::cursor),
      look("cluster", database, views::cluster_table),
      shared("cluster-own", views::cluster_own),
      look("pending", database, views::pending),
      look("users", database, views::users),
      look("crashes", database, views::crashes),
      look("actions", database, views::actions),
      look("sessions", database, views::sessions),
      look("explain", database, views::explain),
      look("dead-letters", database, views::dead_letters),
      look("dead-letter", database, views::dead_letter),
      // Follows what a repo writes, which its owner published: no right to act is needed.
      look("start-trace", at_once, actions::start_trace),
      act("pause", at_once, actions::pause),
      act("resume", at_once, actions::resume),
      act("drain", at_once, actions::drain),
      act("restart", at_once, actions::restart),
      act("log-level", at_once, actions::set_log_level),
      act("job-run", at_once, actions::run_job),
      act("cluster-move", database, actions::move_shard),
      act("cluster-unpin", database, actions::unpin_shard),
      act("cluster-drain", database, actions::drain_member),
      act("cluster-undrain", database, actions::undrain_member),
      act("dead-letter-retry", database, actions::retry_dead_letter),
      act("dead-letter-discard", database, actions::discard_dead_letter),
      act("identity-refresh", database, actions::refresh_identity),
  };
  return all;
}

const command* find_command(std::string_view name) {
  const auto all = all_commands();
  const auto found = std::ranges::find(all, name, &command::name);
  return found == all.end() ? nullptr : &*found;
}

} // namespace prism
