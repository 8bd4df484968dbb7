#pragma once

#include "core/clock.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

namespace prism {

/// What one actor does and has done, for inspection: messages that wait, the one it handles, and
/// counts and times per type of message. It is read without the actor's help, so it is there also
/// when the actor is stuck. `arrived` and `read`: any thread; the rest: the actor. Costs a few
/// relaxed atomic operations per message.
class actor_activity {
public:
  /// Upper bounds of the handling times that are counted together, in seconds; the last class has
  /// none.
  static constexpr std::array<double, 13> bounds{1e-5,  3.2e-5, 1e-4, 3.2e-4, 1e-3, 3.2e-3, 0.01,
                                                 0.032, 0.1,    0.32, 1,      3.2,  10};

  /// Messages of one type.
  struct message_times {
    std::string type;
    std::uint64_t handled{0};
    double seconds{0}; ///< in all
    double max{0};
    double p99{0}; ///< an upper bound, one of `bounds`, or `max`
  };

  struct view {
    std::uint64_t handled{0};
    std::uint64_t waiting{0};
    /// Since the longest-waiting message arrived. Of more than `remembered` messages only a lower
    /// bound is known.
    steady_clock::duration oldest{0};
    std::string last_message; ///< its type; empty before the first
    /// How long the actor has been handling `last_message`; empty while it is not.
    std::optional<steady_clock::duration> handling;
    std::vector<message_times> types; ///< those with the most time first
  };

  /// Arrivals whose time is kept.
  static constexpr std::size_t remembered = 128;
  /// Types of messages counted on their own; further ones are counted together. No actor has as
  /// many in its interface.
  static constexpr std::size_t max_types = 16;

  void arrived(time_point now) noexcept;
  /// The actor takes a message of this type (null: one of CAF's) from its mailbox.
  void begin(const std::type_info* type, time_point now) noexcept;
  /// It has handled that message, or failed at it.
  void end(time_point now) noexcept;

  [[nodiscard]] view read(time_point now) const;

  /// The type of the message handled last; "none" before the first one that is ours.
  [[nodiscard]] std::string last_message() const;

private:
  struct row {
    std::atomic<const std::type_info*> type{nullptr};
    std::atomic<std::uint64_t> handled{0};
    std::atomic<std::int64_t> nanoseconds{0};
    std::atomic<std::int64_t> longest{0};
    std::array<std::atomic<std::uint32_t>, bounds.size() + 1> classes{};
  };

  [[nodiscard]] row& row_of(const std::type_info* type) noexcept;

  std::atomic<std::uint64_t> arrived_{0};
  std::atomic<std::uint64_t> begun_{0};
  std::array<std::atomic<steady_clock::rep>, remembered> arrivals_{}; // by number of arrival
  std::atomic<const std::type_info*> last_{nullptr};
  std::atomic<const std::type_info*> current_{nullptr};
  std::atomic<steady_clock::rep> since_{0}; // of the message being handled; 0: none
  std::array<row, max_types> rows_;         // filled from the front
};

/// The name of a message type without our namespace; CAF's own messages have none.
[[nodiscard]] std::string message_name(const std::type_info* type);

} // namespace prism
