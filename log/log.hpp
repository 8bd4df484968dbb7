#pragma once

#include "log/component.hpp"
#include "log/logger.hpp"

namespace prism::log {

/// The logger of a component: `log::of(component::shard).warn("shard {}: …", number)`. Any thread;
/// a line below the component's level is not formatted. Lines go to every sink that was added,
/// and to `recent_lines()`. The text is one event and one line: name what a stranger wrote through
/// `printable`, and limit lines that strangers or failing peers can cause (core/rate_limited.hpp,
/// log/line_limit.hpp).
[[nodiscard]] logger& of(component which) noexcept;

/// The same by name: `log::shard().warn("…")`.
[[nodiscard]] inline logger& prismd() noexcept {
  return of(component::prismd);
}
[[nodiscard]] inline logger& node() noexcept {
  return of(component::node);
}
[[nodiscard]] inline logger& supervisor() noexcept {
  return of(component::supervisor);
}
[[nodiscard]] inline logger& firehose() noexcept {
  return of(component::firehose);
}
[[nodiscard]] inline logger& shard() noexcept {
  return of(component::shard);
}
[[nodiscard]] inline logger& pool() noexcept {
  return of(component::pool);
}
[[nodiscard]] inline logger& pool_monitor() noexcept {
  return of(component::pool_monitor);
}
[[nodiscard]] inline logger& database() noexcept {
  return of(component::database);
}
[[nodiscard]] inline logger& schema() noexcept {
  return of(component::schema);
}
[[nodiscard]] inline logger& postgres() noexcept {
  return of(component::postgres);
}
[[nodiscard]] inline logger& user_creation() noexcept {
  return of(component::user_creation);
}
[[nodiscard]] inline logger& identity() noexcept {
  return of(component::identity);
}
[[nodiscard]] inline logger& pending_ops() noexcept {
  return of(component::pending_ops);
}
[[nodiscard]] inline logger& janitor() noexcept {
  return of(component::janitor);
}
[[nodiscard]] inline logger& http() noexcept {
  return of(component::http);
}
[[nodiscard]] inline logger& inspector() noexcept {
  return of(component::inspector);
}
[[nodiscard]] inline logger& tunnel() noexcept {
  return of(component::tunnel);
}
[[nodiscard]] inline logger& cluster() noexcept {
  return of(component::cluster);
}
[[nodiscard]] inline logger& dataplane() noexcept {
  return of(component::dataplane);
}
[[nodiscard]] inline logger& link() noexcept {
  return of(component::link);
}

} // namespace prism::log
