#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"
#include "log/component.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

namespace prism::log {

/// The level of one component.
struct component_level {
  component of{component::prismd};
  level now{level::info};   ///< the lowest one that is written
  level usual{level::info}; ///< to which it goes back
  /// When the level goes back to the usual one, after an operator has changed it. Empty: unchanged.
  std::optional<time_point> until;
};

/// Which level each component has, and until when. A plain value; the time is passed in.
class level_table {
public:
  /// The longest time of a change.
  static constexpr std::chrono::hours longest{24};

  /// @param usual the level that every component goes back to (`log-level`)
  explicit level_table(level usual = level::info);

  /// Another usual level for all. Changes that are in force stay.
  void set_usual(level usual);

  /// Changes a component's level for `lasting`; a change in force is replaced. Setting the usual
  /// level ends a change. Error `errc::invalid` unless 1 s <= lasting <= `longest`.
  [[nodiscard]] expected<component_level> set(component of, level to, std::chrono::seconds lasting,
                                              time_point now);

  /// Ends the changes whose time has come. @returns them, as they are now.
  [[nodiscard]] std::vector<component_level> end_due(time_point now);

  /// All components, in their order.
  [[nodiscard]] const std::array<component_level, component_count>& rows() const noexcept {
    return rows_;
  }

private:
  std::array<component_level, component_count> rows_;
};

} // namespace prism::log
