#pragma once

#include "core/batch_size.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace prism {

/// Requests for the ids of DIDs that have none yet, as a plain value: the clock is passed in, the
/// database and the answers are the caller's.
///
/// DIDs form batches in the order in which they were first requested; no DID overtakes another. A
/// DID that several request is in one batch. A request is answered when its last id is known, and
/// fails as a whole when one of its DIDs fails or when it has waited too long; its other DIDs keep
/// their places. A batch that is rejected for its content is bisected: its DIDs return to the front
/// of the queue, and the next batches are smaller. Not thread-safe.
class did_queue {
public:
  using request_id = std::uint64_t; ///< increasing
  using batch_id = std::uint64_t;
  using ids = std::vector<std::int64_t>;

  static constexpr std::int64_t unknown_id = 0;

  struct limits {
    std::size_t batch_capacity{1'000};           ///< most DIDs in a batch, at least 1
    std::size_t max_batches{1};                  ///< at the database at once
    std::chrono::milliseconds batch_timeout{};   ///< the time after which the database gives one up
    std::chrono::milliseconds request_timeout{}; ///< after which a request fails
  };

  struct batch {
    batch_id id;
    std::vector<std::string> dids;
  };
  struct answer {
    request_id request;
    did_queue::ids ids; ///< in the order of the request's DIDs
  };
  struct expired_request {
    request_id request;
    std::size_t dids;    ///< that it asked for
    std::size_t missing; ///< of these, without an id
  };

  /// Why a batch failed.
  enum class failure {
    other,     ///< a smaller batch would fail as well
    too_large, ///< it ran out of time or memory; a smaller one may succeed
    rejected,  ///< the content of at least one DID was rejected
  };
  struct failed_batch {
    std::size_t dids{0};
    std::optional<std::size_t> next_size{}; ///< bisected: most DIDs of the next batch
    std::vector<request_id> failed{};       ///< to be told why; none if bisected
  };

  explicit did_queue(limits limits)
      : limits_(limits), size_(limits.batch_capacity, limits.batch_timeout) {}

  /// Adds a request that lacks at least one id.
  /// @param dids distinct
  /// @param known one for each DID: its id, or `unknown_id`
  request_id add(const std::vector<std::string>& dids, ids known, time_point now);

  /// The next batch for the database, if one may start now. `committed` or `failed` follows.
  [[nodiscard]] std::optional<batch> next_batch(time_point now);
  /// @param ids one for each DID of the batch
  /// @returns the requests that are complete.
  [[nodiscard]] std::vector<answer> committed(batch_id id, const ids& ids, time_point now);
  [[nodiscard]] failed_batch failed(batch_id id, failure reason);

  /// Removes the requests that have waited for `request_timeout`. Their DIDs keep their places.
  [[nodiscard]] std::vector<expired_request> expire(time_point now);

  /// DIDs that wait for a batch.
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t requests() const noexcept { return requests_.size(); }
  [[nodiscard]] std::size_t batches() const noexcept { return batches_.size(); }
  [[nodiscard]] steady_clock::duration longest_wait(time_point now) const;
  /// No DID waits and no batch is at the database.
  [[nodiscard]] bool idle() const noexcept { return queue_.empty() && batches_.empty(); }

private:
  struct request {
    did_queue::ids ids;
    std::size_t missing{0};
    time_point since;
  };
  struct batch_at_work {
    std::vector<std::string> dids;
    time_point since;
  };
  /// Requests that wait for one DID, and where in their answers its id goes. They may have ended.
  using waiters = std::vector<std::pair<request_id, std::size_t>>;

  limits limits_;
  batch_size size_; // of the next batch
  std::map<request_id, request> requests_;
  std::unordered_map<std::string, waiters> waiters_by_did_; // in the queue or in a batch
  std::deque<std::string> queue_;
  std::map<batch_id, batch_at_work> batches_;
  request_id last_request_{0};
  batch_id last_batch_{0};
};

} // namespace prism
