#pragma once

#include "db/jobs/jobs.hpp"
#include "messages/types.hpp"

#include <cstdint>
#include <string_view>

namespace prism {

/// What follows from the result of a lookup. Plain values and pure functions; the random numbers
/// are uniform in [0, 1].
struct identity_decision {
  /// A confirmed deletion: purge the account instead of storing `result`.
  bool purge{false};
  /// No more tries until the user is active again.
  bool given_up{false};
  db::identity_result result;
};

/// Tries after which a handle is given up. A deletion is never given up.
inline constexpr std::int32_t max_identity_attempts = 10;

[[nodiscard]] identity_decision decide(const db::identity_task& task,
                                       const identity_lookup_done& found, double random01);

/// The task is to be tried again. With `counts_as_try` after 30 s, doubling with each try to at
/// most 6 h, with jitter; without, because no request was made or the database was away, after 0.5
/// to 5 s.
[[nodiscard]] db::identity_result retry(const db::identity_task& task, bool counts_as_try,
                                        double random01);

/// The value of the metric label `result` (`metrics::labels::identity_results`).
[[nodiscard]] std::string_view label_of(const identity_decision& decision) noexcept;

} // namespace prism
