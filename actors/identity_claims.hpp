#pragma once

#include "core/clock.hpp"
#include "db/jobs/jobs.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace prism {

/// The identity tasks that this process has claimed, from the claim until the result is stored, and
/// what to claim next. A plain value for one thread.
class identity_claims {
public:
  using key = std::pair<std::int64_t, db::identity_kind>; // user and kind: at most one task each

  /// For how long a claim hides a task from others: longer than all requests of a lookup together.
  static constexpr std::chrono::minutes claim_time{5};

  struct lookup {
    db::identity_task task;
    time_point since;
  };

  /// What to ask the database for.
  struct request {
    std::int64_t limit{0};
    std::vector<std::int64_t> busy_users; ///< have a task here already
    bool include_claimed{false};          ///< also tasks that a predecessor had claimed
  };

  /// @param capacity tasks at a time.
  /// @param started when this process began to claim.
  identity_claims(std::size_t capacity, time_point started)
      : capacity_(capacity), started_(started) {}

  /// The claim to make now; empty while one is unanswered, at capacity, or after `stop`.
  [[nodiscard]] std::optional<request> next_claim(time_point now);

  /// The claim was answered. @returns the tasks to look up, each with its start noted as `now`.
  [[nodiscard]] std::vector<db::identity_task> claimed(const db::claimed_tasks& found,
                                                       time_point now);
  /// The claim failed; the next one asks for the same.
  void claim_failed() noexcept { claiming_ = false; }

  /// Since when there is nothing to do: the time of the last claim, if its answer left no task that
  /// was never tried and none is in flight; else empty.
  [[nodiscard]] std::optional<time_point> idle_since() const noexcept { return idle_since_; }

  /// Null for a task that is not, or no longer, in flight.
  [[nodiscard]] const lookup* find(const key& task) const;
  /// The task is done, or given back: the next claim has room for another.
  void release(const key& task) { in_flight_.erase(task); }

  /// No more claims. Answers that are still due start nothing.
  void stop() noexcept { stopping_ = true; }

  [[nodiscard]] bool claiming() const noexcept { return claiming_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }

private:
  std::size_t capacity_;
  time_point started_;
  time_point requested_{}; // the last claim
  std::map<key, lookup> in_flight_;
  std::optional<time_point> idle_since_;
  bool include_claimed_{true};
  bool claiming_{false};
  bool stopping_{false};
};

} // namespace prism
