#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::log {

/// The parts of prismd that write lines. Each line names one, and each has a level of its own.
enum class component : std::uint8_t {
  prismd,        ///< the process: settings, signals, the log itself, start and end
  node,          ///< the start: database, schema, cursors; beginning again
  supervisor,    ///< starts and restarts of actors
  firehose,      ///< the relay's stream, up to the lanes
  shard,         ///< decoding and indexing
  pool,          ///< hands jobs to database sessions
  pool_monitor,  ///< samples the pool
  database,      ///< connections and transactions
  schema,        ///< migrations
  postgres,      ///< the private PostgreSQL
  user_creation, ///< ids of new users
  identity,      ///< lookups of DIDs and handles
  pending_ops,   ///< parked operations
  janitor,       ///< background jobs
  http,          ///< the port for metrics and health
  inspector,     ///< answers operators
  tunnel,        ///< connections of operators from other machines
  cluster,       ///< membership, lease, placement of shards
  link,          ///< connections between nodes
  dataplane      ///< answers the official AppView
};

inline constexpr std::size_t component_count = 20;

/// How serious a line is, least first. `off` is no line's level: it writes nothing.
enum class level : std::uint8_t { trace, debug, info, warn, error, critical, off };

/// All components, in the order of their values.
[[nodiscard]] const std::array<component, component_count>& all_components() noexcept;

/// The name in lines, commands and JSON: "pool_monitor".
[[nodiscard]] std::string_view to_string(component which) noexcept;
[[nodiscard]] std::string_view to_string(level which) noexcept;

/// The component or level of that name, or empty. `warning` is `warn` as well.
[[nodiscard]] std::optional<component> component_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<level> level_named(std::string_view name) noexcept;

} // namespace prism::log
