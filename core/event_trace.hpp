#pragma once

#include "core/clock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// Follows the next events of one repo, or one event, from the socket to the commit, for
/// `prismctl trace`. One trace at a time: a new one ends the one before. It ends by itself after
/// some events or some time. Costs one atomic load per frame while there is none. Any thread.
class event_trace {
public:
  /// What is followed: the events of a repo, or the event of one number.
  struct subject {
    std::string did;
    std::optional<std::int64_t> seq;
  };
  struct limits {
    std::size_t events{10};
    steady_clock::duration time{};
  };
  static constexpr std::size_t max_events = 100;
  static constexpr std::size_t max_hops = 32;    ///< of one event; further ones are counted
  static constexpr std::size_t max_detail = 300; ///< bytes

  /// One station on the way of an event.
  struct hop {
    std::string_view where; ///< a literal
    time_point at;
    std::string detail;
  };
  struct event {
    std::int64_t seq{0};
    std::vector<hop> hops;
    std::size_t hops_left_out{0};
    bool finished{false};
  };
  struct view {
    std::uint64_t id{0}; ///< of the trace; 0: none was ever started
    subject of;
    bool active{false}; ///< false: it has ended
    time_point until{};
    std::vector<event> events;
  };

  /// @param allowed at most `max_events` events. @returns the id of the trace.
  std::uint64_t start(subject of, limits allowed, time_point now);
  void stop();

  [[nodiscard]] bool active() const noexcept { return active_.load(std::memory_order_relaxed); }

  /// A frame was read. Whether it belongs to the trace is decided here, and kept by its number.
  /// @param did its repo; empty if it has none
  void received(std::int64_t seq, std::string_view did, std::size_t bytes, time_point now);
  /// A frame has reached another station; ignored unless it is followed.
  void reached(std::int64_t seq, std::string_view where, std::string detail, time_point now);
  /// The last station.
  void finished(std::int64_t seq, std::string_view where, std::string detail, time_point now);

  [[nodiscard]] view read(time_point now);

private:
  [[nodiscard]] event* find(std::int64_t seq) noexcept;
  void note(std::int64_t seq, std::string_view where, std::string detail, time_point now,
            bool last);
  void end_if_due(time_point now);

  std::atomic<bool> active_{false};
  mutable std::mutex mutex_;
  view state_;
  std::size_t wanted_{0};
};

} // namespace prism
