#pragma once

#include "core/exit_code.hpp"
#include "core/readiness.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace prism {

/// The state of the node as a whole: actors set it, /readyz and main read it. Any thread.
class node_status {
public:
  /// Why the node has to end.
  struct exit_request {
    exit_code code{exit_code::success};
    std::string reason;
  };

  std::atomic<bool> database_reachable{false};
  std::atomic<bool> schema_current{false};
  std::atomic<bool> firehose_running{false};
  std::atomic<bool> draining{false};

  /// Epoch of the cluster's lease and timeline of the database, as last read; 0: not known yet.
  std::atomic<std::int64_t> epoch{0};
  std::atomic<std::int64_t> timeline{0};

  /// When (count of the steady clock) `identity` last asked the database for untried tasks, got
  /// none, and had none in flight; 0: not yet.
  std::atomic<std::int64_t> identity_idle_since{0};
  static constexpr std::int64_t always = INT64_MAX;

  /// When (count of the steady clock) a commit was last left unreplicated; 0: not since a
  /// replicated one (actors/runtime/replication.hpp).
  std::atomic<std::int64_t> unreplicated_since{0};

  /// Makes the node unready: `actor` has this problem. Replaces an earlier problem of `actor`.
  void set_problem(const std::string& actor, std::string text);
  void clear_problem(const std::string& actor);

  /// The facts above for /readyz; the caller adds those about the relay.
  [[nodiscard]] readiness_facts facts() const;

  /// Asks the node to drop everything that it knows of the database and to begin again from what is
  /// stored there (`node::begin_again`); the first request counts.
  void begin_again(std::string reason);
  /// The reason, once: empty if nobody asked since the last call.
  [[nodiscard]] std::optional<std::string> take_begin_again();

  /// Asks the node to end; the first request counts.
  void finish(exit_code code, std::string reason);

  /// Waits up to `limit` for `finish` or `begin_again`.
  template <class Duration>
  [[nodiscard]] std::optional<exit_request> wait(Duration limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit,
                      [this] { return exit_request_.has_value() || begin_again_.has_value(); });
    return exit_request_;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> problems_; // by actor: no more than there are actors
  std::condition_variable changed_;
  std::optional<exit_request> exit_request_;
  std::optional<std::string> begin_again_;
};

} // namespace prism
