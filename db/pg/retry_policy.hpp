#pragma once

#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <optional>

namespace prism::db {

/// Decides whether and when a failed transaction is retried. A value: neither reads the clock nor
/// sleeps.
struct retry_policy {
  using milliseconds = std::chrono::milliseconds;

  /// Number of retries after the first attempt, 0 to 30.
  int max_retries{3};

  /// Delay before the first retry; doubled for each further one: 100, 200, 400 ms.
  milliseconds first_delay{100};

  /// The delay before the next retry.
  /// @param failure      the error of the last attempt
  /// @param retries_done number of retries so far
  /// @param time_left    until the deadline of the transaction
  /// @returns empty if there must be no retry: the error is not retryable, the retries are used up,
  /// or
  ///          the deadline would pass first
  [[nodiscard]] std::optional<milliseconds> next_delay(const db_error& failure, int retries_done,
                                                       milliseconds time_left) const;

  /// Whether an immediate retry is likely to help: serialization failure, deadlock, lock timeout, a
  /// cancelled or timed-out statement, a lost connection, or one that leads to a standby or a
  /// pooler. Other `transient` errors (disk full, too many connections) last longer than the delays
  /// of a retry. A cancel at the deadline is not retried, since there is no time left.
  [[nodiscard]] static bool is_retryable(const db_error& failure) noexcept;
};

} // namespace prism::db
