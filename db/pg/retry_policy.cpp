#include "db/pg/retry_policy.hpp"

#include <algorithm>
#include <array>

namespace prism::db {

std::optional<retry_policy::milliseconds>
retry_policy::next_delay(const db_error& failure, int retries_done, milliseconds time_left) const {
  constexpr int max_doublings = 30;
  if (!is_retryable(failure) || retries_done >= max_retries)
    return std::nullopt;
  const auto delay = first_delay * (1LL << std::clamp(retries_done, 0, max_doublings));
  if (delay >= time_left)
    return std::nullopt;
  return delay;
}

bool retry_policy::is_retryable(const db_error& failure) noexcept {
  if (failure.cls != error_class::transient)
    return false;
  constexpr std::string_view idle_in_transaction_timeout = "25P03"; // it ends the session
  constexpr std::array states{
      sqlstate::serialization_failure, sqlstate::deadlock,          sqlstate::lock_not_available,
      sqlstate::query_canceled,        sqlstate::no_such_prepared,  sqlstate::read_only,
      sqlstate::duplicate_prepared,    idle_in_transaction_timeout,
  };
  constexpr std::array<std::string_view, 2> lost_connection{"08", "57P"};
  const std::string_view state = failure.sqlstate;
  return std::ranges::find(states, state) != states.end() ||
         std::ranges::any_of(lost_connection,
                             [state](auto prefix) { return state.starts_with(prefix); });
}

} // namespace prism::db
