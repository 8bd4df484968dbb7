#pragma once

#include "core/call_times.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// A call that has been answered, refused or given up.
struct ended_call {
  /// Both must outlive the statistics: they come from tables of the program.
  std::string_view method;
  std::string_view status;
  steady_clock::duration took{};
  /// Whether `took` is a time of the method: not for calls that were refused before it ran.
  bool timed{true};
};

/// One of the slowest calls.
struct slow_call {
  std::string_view method;
  std::string_view status;
  steady_clock::duration took{};
  time_point ended{};
  std::string arguments;
};

/// The calls of one method.
struct method_calls {
  std::map<std::string_view, std::uint64_t> by_status;
  call_times times;                 ///< of timed ones
  std::optional<slow_call> slowest; ///< of timed ones

  [[nodiscard]] std::uint64_t total() const noexcept;
};

/// All calls of the last while.
struct call_summary {
  steady_clock::duration during{}; ///< the last while: see `call_stats`
  std::map<std::string_view, method_calls> methods;
  std::vector<slow_call> slowest; ///< of all methods, the slowest first
};

/// Statistics of the calls of the last five to ten minutes: it counts for five minutes, keeps that,
/// and begins again. Bounded by its constants for any calls. A plain value; not thread-safe.
class call_stats {
public:
  static constexpr std::chrono::minutes window{5};
  static constexpr std::size_t max_slowest = 20;
  static constexpr std::size_t max_argument_bytes = 512;
  /// Further methods, and further statuses of a method, are counted as `other`.
  static constexpr std::size_t max_methods = 256;
  static constexpr std::size_t max_statuses = 20;
  static constexpr std::string_view other = "other";

  explicit call_stats(time_point now) : current_{.since = now} {}

  /// @param now not before that of earlier calls of this function
  /// @param arguments is asked for the text only if the call is one of the slowest
  void add(const ended_call& call, time_point now, const std::function<std::string()>& arguments);

  [[nodiscard]] call_summary read(time_point now);

private:
  struct part {
    time_point since{};
    std::map<std::string_view, method_calls> methods{};
    std::vector<slow_call> slowest{}; // sorted
  };
  void begin_part(time_point now);

  part current_;
  std::optional<part> previous_;
};

} // namespace prism
