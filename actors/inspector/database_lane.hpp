#pragma once

#include "actors/inspector/inspector.hpp"
#include "db/pg/connection.hpp"

#include <optional>

namespace prism {

/// Runs the commands that ask the database, over a connection of its own that is opened when it is
/// needed and closed when it is not: a pool that is full or stuck does not stop it. Also stores
/// crashes and what operators did. Detached.
class database_lane_state {
public:
  using interface = waiting_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "inspector_database";

  /// Of a connection attempt and of each round trip.
  static constexpr std::chrono::milliseconds patience{2'000};
  /// After a failed attempt to connect nobody waits for another one for so long.
  static constexpr std::chrono::seconds pause{2};
  static constexpr std::chrono::seconds idle_limit{60};
  static constexpr std::chrono::milliseconds tick_interval{2'000};

  database_lane_state(self_pointer self, inspection_ptr context)
      : self_(self), context_(std::move(context)) {}
  interface::behavior_type make_behavior();

private:
  [[nodiscard]] operator_reply run(const admitted_request& admitted);
  /// Empty: connected; else why not.
  [[nodiscard]] std::string connect();
  void on_tick();
  void store();

  self_pointer self_;
  inspection_ptr context_;
  std::optional<db::connection> connection_;
  time_point used_{};
  time_point not_before_{};
  std::string refusal_;
  std::int64_t stored_crash_{0}; // number of the newest
};

} // namespace prism
