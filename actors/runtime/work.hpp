#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What is in work in the node, as pool and firehose show it twice a second or more often, so that
/// an operator sees what waits for what while they, or the database, are stuck.
namespace prism {

/// A job that a database session has, or that waits for one.
struct job_work {
  std::string session;  ///< empty: it waits for one
  std::string job;      ///< its name
  std::string borrower; ///< the actor that sent it
  time_point since{};   ///< it was handed to the session, or sent
};

/// Most jobs that the pool shows; those at sessions come first.
inline constexpr std::size_t max_shown_jobs = 500;

/// The pool.
struct pool_work {
  std::vector<job_work> jobs;
  std::size_t waiting{0}; ///< all jobs without a session
  std::optional<time_point> unreachable_since;
  std::string last_refusal; ///< of a connection; empty once one was made
};

/// The firehose's lane of one shard.
struct lane_work {
  std::size_t frames{0};            ///< not committed
  std::optional<time_point> oldest; ///< when the oldest of them arrived
};

} // namespace prism
