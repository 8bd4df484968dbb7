#pragma once

#include <cstdint>
#include <optional>

namespace prism::net {

/// Notices that one frame which is too large to take is met again and again.
///
/// A refused frame costs the connection, and the next connection starts at a cursor before it, so
/// without this it would be refused for ever. A plain value.
class oversize_guard {
public:
  /// Refusals at one cursor after which the owner is asked to decide.
  static constexpr std::uint32_t patience = 3;

  /// A frame was refused; the next connection is to begin at `cursor` (empty: at the live end).
  /// @returns how often in a row this has happened at this same cursor, from 1.
  std::uint32_t refused(std::optional<std::int64_t> cursor) noexcept {
    times_ = times_ > 0 && cursor == cursor_ ? times_ + 1 : 1;
    cursor_ = cursor;
    return times_;
  }

  /// True once the frame after the cursor of the last `refused` will not be got past by trying.
  [[nodiscard]] bool stuck() const noexcept { return times_ >= patience; }

private:
  std::optional<std::int64_t> cursor_;
  std::uint32_t times_{0};
};

} // namespace prism::net
