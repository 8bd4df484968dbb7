#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace prism {

struct reader_queue_options {
  /// Calls that may wait for a reader; a further one is refused. At least 1.
  std::size_t max_waiting{512};
  /// A call that has waited for longer is refused.
  std::chrono::milliseconds max_wait{2'000};
  /// A call that is at a reader is given up this long after it arrived; more than `max_wait`.
  std::chrono::milliseconds max_time{5'000};
};

/// Hands calls to readers, each of which works on one call at a time: first come, first served.
/// Without a reader, and with too many waiting, calls are refused at once, so that the client asks
/// another node. A plain value: the owner carries out what it returns. Not thread-safe.
class reader_queue {
public:
  using call_id = std::uint64_t;
  using reader_id = std::uint64_t;

  enum class admission {
    run,        ///< by `reader`
    wait,       ///< until a reader is free
    no_reader,  ///< refused: there is none, so the database is away
    overloaded, ///< refused: too many wait
  };
  struct decision {
    admission what{admission::wait};
    reader_id reader{0};
  };
  /// A call whose time is over, or that lost its reader.
  struct ended {
    call_id call{0};
    bool at_reader{false}; ///< else it waited for one
    bool operator==(const ended&) const = default;
  };
  /// A call for a reader.
  struct assignment {
    call_id call{0};
    reader_id reader{0};
  };

  explicit reader_queue(reader_queue_options options) : options_(options) {}

  /// A call has arrived.
  [[nodiscard]] decision arrive(call_id call, time_point now);

  /// A reader can work; known ones are ignored. @returns a waiting call for it.
  [[nodiscard]] std::optional<assignment> join(reader_id reader);

  /// A reader has finished the call. @returns the next call for it. A reader that is unknown, or
  /// was given another call meanwhile, is ignored.
  [[nodiscard]] std::optional<assignment> finish(reader_id reader, call_id call);

  /// What the loss of a reader ends: the call that it worked on, if any; and, if it was the last
  /// one, all that wait.
  [[nodiscard]] std::vector<ended> leave(reader_id reader);

  /// The client gave the call up. A reader that works on it goes on until it finishes.
  /// @returns whether the call waited for a reader; it does so no longer
  [[nodiscard]] bool cancel(call_id call);

  /// Calls whose time is over, each once. Those that waited do so no longer; a reader that works on
  /// one goes on until it finishes.
  [[nodiscard]] std::vector<ended> expire(time_point now);

  /// When `expire` has something to do next; empty: never, unless a call arrives.
  [[nodiscard]] std::optional<time_point> next_expiry() const;

  [[nodiscard]] std::size_t readers() const noexcept { return readers_.size(); }
  [[nodiscard]] std::size_t active() const noexcept { return readers_.size() - idle_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  struct waiter {
    call_id call;
    time_point since;
  };
  struct work {
    std::optional<call_id> call{};
    std::optional<time_point> until{}; // empty: no call, or it has expired
  };
  [[nodiscard]] std::optional<assignment> give_work(reader_id reader);

  reader_queue_options options_;
  std::map<reader_id, work> readers_;
  std::vector<reader_id> idle_; // the one that worked last is the first: its caches are warm
  std::deque<waiter> waiting_;
};

} // namespace prism
