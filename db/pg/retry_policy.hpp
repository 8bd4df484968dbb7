#pragma once

#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <optional>

namespace prism::db {

/// When a whole transaction is worth doing again at once: a value, without clock or sleep.
struct retry_policy {
  using milliseconds = std::chrono::milliseconds;

  /// How many times after the first try. Range 0 to 30.
  int max_retries{3};

  /// Before the first retry; doubled before each further one: 100, 200, 400 ms.
  milliseconds first_delay{100};

  /// Decides about the next try.
  /// @param failure      why the last try failed
  /// @param retries_done how many retries there were already
  /// @param time_left    of the transaction's deadline
  /// @returns how long to wait before the retry, or nothing when there must be none: the error does
  ///          not pass by itself, the retries are used up, or the deadline would come first.
  [[nodiscard]] std::optional<milliseconds> next_delay(const db_error& failure, int retries_done,
                                                       milliseconds time_left) const;

  /// Whether an error is worth an immediate retry: serialization failure, deadlock, lock timeout, a
  /// statement that was cancelled or took too long, a lost connection, or one that turned out to
  /// lead to a standby or a pooler. Other `transient` errors (disk full, too many connections) need
  /// more time than a retry gives them. Our own cancel at the deadline is never retried: there is
  /// no time left.
  [[nodiscard]] static bool is_retryable(const db_error& failure) noexcept;
};

} // namespace prism::db
