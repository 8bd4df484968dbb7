#pragma once

#include "db/pg/executor.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Tables crashes and operator_actions: what happened in the node, kept over restarts.
namespace prism::db {

/// An actor that failed. Texts are stored as `printable` makes them, cut at 2,000 bytes.
struct stored_crash {
  std::int64_t id{0}; ///< given by the table
  std::string node;
  std::int64_t at{0}; ///< µs since 1970
  std::string actor;
  std::string reason;
  std::string last_message;
  std::int64_t restarts{0};
  std::int64_t waiting{0};
  std::int64_t handled{0};
  std::int64_t uptime_seconds{0};
};

/// Something that an operator did, or was refused.
struct operator_action {
  std::int64_t id{0}; ///< given by the table
  std::string node;
  std::int64_t at{0}; ///< µs since 1970
  std::string who;
  std::string address;
  std::string action;
  std::string arguments;
  std::string why;
  std::string result;
};

/// Rows kept.
inline constexpr std::int64_t max_stored_crashes = 1'000;
inline constexpr std::int64_t max_stored_actions = 10'000;

/// Adds rows, and deletes the oldest beyond the limits.
[[nodiscard]] outcome<void> store_crashes(executor& on, const std::vector<stored_crash>& rows);
[[nodiscard]] outcome<void> store_actions(executor& on, const std::vector<operator_action>& rows);

/// The newest rows, newest first.
[[nodiscard]] outcome<std::vector<stored_crash>> newest_crashes(executor& on, std::int64_t limit);
[[nodiscard]] outcome<std::vector<operator_action>> newest_actions(executor& on,
                                                                   std::int64_t limit);

} // namespace prism::db
