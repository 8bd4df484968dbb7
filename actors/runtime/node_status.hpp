#pragma once

#include "core/readiness.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace prism {

/// What /readyz and main want to know; set by the actors. Any thread.
class node_status {
public:
  /// Why the node has to end.
  struct exit_request {
    int exit_code{0};
    std::string reason;
  };

  std::atomic<bool> database_reachable{false};
  std::atomic<bool> schema_current{false};
  std::atomic<bool> firehose_running{false};
  std::atomic<bool> draining{false};

  /// When (steady clock's count) identity last began to look for untried tasks and found none, with
  /// nothing under way; 0: not yet.
  std::atomic<std::int64_t> identity_idle_since{0};
  static constexpr std::int64_t always = INT64_MAX;

  /// What stands in the way of `who`, an actor of the tree, for /readyz; the latest text counts.
  void set_problem(const std::string& who, std::string text);
  void clear_problem(const std::string& who);

  /// What these say about readiness; the firehose's own part is left to the caller.
  [[nodiscard]] readiness_facts facts() const;

  /// Asks the node to end; the first reason counts.
  void finish(int exit_code, std::string reason);

  /// Waits up to `limit` for `finish`.
  template <class Duration>
  [[nodiscard]] std::optional<exit_request> wait(Duration limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return exit_request_.has_value(); });
    return exit_request_;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> problems_; // no more than there are actors
  std::condition_variable changed_;
  std::optional<exit_request> exit_request_;
};

} // namespace prism
