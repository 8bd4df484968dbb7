#pragma once

#include "log/component.hpp"

#include <spdlog/spdlog.h>

namespace prism::log {

/// The logger of a component: `log::of(component::shard).warn("shard {}: …", number)`. Any thread;
/// a line below the component's level costs one comparison. Lines go to every sink that was added,
/// and to `recent_lines()`. The text is one event and one line: name what a stranger wrote through
/// `printable`, and limit lines that strangers or failing peers can cause (core/rate_limited.hpp,
/// log/line_limit.hpp).
[[nodiscard]] spdlog::logger& of(component which) noexcept;

/// The same by name: `log::shard().warn("…")`.
[[nodiscard]] inline spdlog::logger& prismd() noexcept {
  return of(component::prismd);
}
[[nodiscard]] inline spdlog::logger& node() noexcept {
  return of(component::node);
}
[[nodiscard]] inline spdlog::logger& supervisor() noexcept {
  return of(component::supervisor);
}
[[nodiscard]] inline spdlog::logger& firehose() noexcept {
  return of(component::firehose);
}
[[nodiscard]] inline spdlog::logger& shard() noexcept {
  return of(component::shard);
}
[[nodiscard]] inline spdlog::logger& pool() noexcept {
  return of(component::pool);
}
[[nodiscard]] inline spdlog::logger& pool_monitor() noexcept {
  return of(component::pool_monitor);
}
[[nodiscard]] inline spdlog::logger& database() noexcept {
  return of(component::database);
}
[[nodiscard]] inline spdlog::logger& schema() noexcept {
  return of(component::schema);
}
[[nodiscard]] inline spdlog::logger& postgres() noexcept {
  return of(component::postgres);
}
[[nodiscard]] inline spdlog::logger& user_creation() noexcept {
  return of(component::user_creation);
}
[[nodiscard]] inline spdlog::logger& identity() noexcept {
  return of(component::identity);
}
[[nodiscard]] inline spdlog::logger& pending_ops() noexcept {
  return of(component::pending_ops);
}
[[nodiscard]] inline spdlog::logger& janitor() noexcept {
  return of(component::janitor);
}
[[nodiscard]] inline spdlog::logger& http() noexcept {
  return of(component::http);
}
[[nodiscard]] inline spdlog::logger& inspector() noexcept {
  return of(component::inspector);
}
[[nodiscard]] inline spdlog::logger& tunnel() noexcept {
  return of(component::tunnel);
}
[[nodiscard]] inline spdlog::logger& cluster() noexcept {
  return of(component::cluster);
}
[[nodiscard]] inline spdlog::logger& dataplane() noexcept {
  return of(component::dataplane);
}
[[nodiscard]] inline spdlog::logger& link() noexcept {
  return of(component::link);
}

} // namespace prism::log
