#pragma once

#include "actors/inspector/command.hpp"

/// The views, by the command that shows each. What they list is cut at `max_rows`, and then
/// `truncated` is set.
namespace prism::views {

inline constexpr std::size_t max_rows = 500;

// From shared state: any thread, never blocked by an actor or the database.
[[nodiscard]] view_data status(node_context& node);
[[nodiscard]] view_data actors(node_context& node);
[[nodiscard]] view_data channels(node_context& node);
[[nodiscard]] view_data caches(node_context& node);
/// The data plane and the calls of its last five to ten minutes.
[[nodiscard]] view_data reads(node_context& node);
[[nodiscard]] view_data trace_events(node_context& node);
[[nodiscard]] expected<view_data> log_lines(command_call& call);
[[nodiscard]] view_data log_levels(node_context& node);

/// The last known status of one actor and what is known without it.
[[nodiscard]] expected<view_data> inspect(command_call& call);

/// One actor that has all of the answer: pool, janitor, identity …
[[nodiscard]] expected<view_data> of_actor(command_call& call, const std::string& name);

// From the database.
[[nodiscard]] expected<view_data> server(command_call& call);
[[nodiscard]] expected<view_data> cursor(command_call& call);
/// The cluster's table, compared with what this node believes; and that alone.
[[nodiscard]] expected<view_data> cluster_table(command_call& call);
[[nodiscard]] view_data cluster_own(node_context& node);
[[nodiscard]] expected<view_data> pending(command_call& call);
[[nodiscard]] expected<view_data> users(command_call& call);
[[nodiscard]] expected<view_data> crashes(command_call& call);
[[nodiscard]] expected<view_data> actions(command_call& call);
[[nodiscard]] expected<view_data> sessions(command_call& call);
[[nodiscard]] expected<view_data> dead_letters(command_call& call);
[[nodiscard]] expected<view_data> dead_letter(command_call& call);
[[nodiscard]] expected<view_data> explain(command_call& call);

} // namespace prism::views
