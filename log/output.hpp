#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"
#include "log/component.hpp"
#include "log/level_table.hpp"
#include "log/line_ring.hpp"

#include <array>
#include <chrono>
#include <spdlog/sinks/sink.h>

namespace prism::log {

/// What the whole process has one of: where lines go, which levels are written, and the last lines.
/// All functions: any thread.

/// Lines go to `to`, from now on, until it is removed. Without any, they go to the standard error.
/// A sink must not log.
void add_sink(spdlog::sink_ptr to);
void remove_sink(const spdlog::sink_ptr& to);

/// The last lines, whether anybody reads the standard error or not.
[[nodiscard]] line_ring& recent_lines() noexcept;

/// The usual level of all components (`log-level`).
void set_usual_level(level usual);

/// Changes a component's level for some time, and says so in the log. Error `errc::invalid` unless
/// 1 s <= lasting <= `level_table::longest`.
[[nodiscard]] expected<component_level> set_level(component of, level to,
                                                  std::chrono::seconds lasting, time_point now);

/// The level of each component, those whose time has come having ended.
[[nodiscard]] std::array<component_level, component_count> levels(time_point now);

/// Ends the changes whose time has come, and says so in the log. prismd's main loop calls it ten
/// times a second.
void end_due_levels(time_point now);

} // namespace prism::log
