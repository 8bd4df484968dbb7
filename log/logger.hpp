#pragma once

#include "log/component.hpp"

#include <fmt/format.h>
#include <memory>
#include <utility>

namespace spdlog {
class logger;
} // namespace spdlog

namespace prism::log {

/// Writes the lines of one component: `log::shard().warn("shard {}: …", number)` (log/log.hpp). Any
/// thread, no exceptions: a line that cannot be written is counted
/// (`prism_log_lines_dropped_total`).
///
/// Formats behind a function that is compiled once: spdlog's own templates bring all of libfmt's
/// code into each source that logs.
class logger {
public:
  explicit logger(std::unique_ptr<spdlog::logger> to);
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;
  ~logger();

  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(level::debug, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(level::info, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(level::warn, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(level::error, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void critical(fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(level::critical, text, fmt::make_format_args(args...));
  }
  /// A line whose level is decided at run time.
  template <class... Args>
  void log(level severity, fmt::format_string<Args...> text, Args&&... args) noexcept {
    write(severity, text, fmt::make_format_args(args...));
  }

  /// Lines below `lowest` are not written, and not formatted either.
  void set_lowest(level lowest) noexcept;

private:
  void write(level severity, fmt::string_view text, fmt::format_args values) noexcept;

  std::unique_ptr<spdlog::logger> to_;
};

} // namespace prism::log
