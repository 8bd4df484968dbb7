#pragma once

#include "actors/inspector/command.hpp"

/// What operators change in a running node. Each is written down with who and why before its answer
/// goes out (actors/inspector/run_command.hpp).
namespace prism::actions {

[[nodiscard]] expected<view_data> pause(command_call& call);
[[nodiscard]] expected<view_data> resume(command_call& call);
[[nodiscard]] expected<view_data> drain(command_call& call);
[[nodiscard]] expected<view_data> restart(command_call& call);
[[nodiscard]] expected<view_data> set_log_level(command_call& call);
[[nodiscard]] expected<view_data> run_job(command_call& call);
[[nodiscard]] expected<view_data> start_trace(command_call& call);
[[nodiscard]] expected<view_data> retry_dead_letter(command_call& call);
[[nodiscard]] expected<view_data> discard_dead_letter(command_call& call);
[[nodiscard]] expected<view_data> refresh_identity(command_call& call);
[[nodiscard]] expected<view_data> move_shard(command_call& call);
[[nodiscard]] expected<view_data> unpin_shard(command_call& call);
[[nodiscard]] expected<view_data> drain_member(command_call& call);
[[nodiscard]] expected<view_data> undrain_member(command_call& call);

} // namespace prism::actions
