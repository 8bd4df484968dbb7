#pragma once

#include <cstdint>
#include <optional>

namespace prism::net {

/// Detects that the same oversized frame ends one connection after another.
///
/// A rejected frame ends the connection, and the next connection starts at a cursor before it, so
/// without this guard the frame would be rejected forever. A plain value.
class oversize_guard {
public:
  /// Rejections at one cursor after which the owner is asked for a decision.
  static constexpr std::uint32_t patience = 3;

  /// A frame was rejected; the next connection starts at `cursor` (empty: at the live end).
  /// @returns the number of consecutive rejections at this cursor, from 1.
  std::uint32_t refused(std::optional<std::int64_t> cursor) noexcept {
    times_ = times_ > 0 && cursor == cursor_ ? times_ + 1 : 1;
    cursor_ = cursor;
    return times_;
  }

  /// True once reconnecting will not get past the frame after the cursor of the last `refused`.
  [[nodiscard]] bool stuck() const noexcept { return times_ >= patience; }

private:
  std::optional<std::int64_t> cursor_;
  std::uint32_t times_{0};
};

} // namespace prism::net
