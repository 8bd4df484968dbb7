#pragma once

#include "core/frame_bytes.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace prism::net {

/// The frames that a `replay_server` serves, by their place in the stream. Belongs to the server
/// from its start on, which asks on its own thread only.
class frame_source {
public:
  /// Where a client begins.
  struct entry {
    std::size_t index{0};
    /// What it asked for is no longer kept: it gets #info OutdatedCursor first.
    bool outdated{false};
    /// What it asked for is not there yet: it gets the error FutureCursor and nothing else.
    bool future{false};
  };
  /// What is to be had at a place.
  struct found {
    frame_bytes frame{}; ///< null: the stream ends here, or it is `forgotten`
    bool forgotten{false};
  };

  frame_source() = default;
  frame_source(const frame_source&) = delete;
  frame_source& operator=(const frame_source&) = delete;
  virtual ~frame_source() = default;

  /// Where a client with this cursor begins; one without begins with the oldest frame kept
  /// (`from_start`) or behind the newest.
  [[nodiscard]] virtual entry enter(std::optional<std::int64_t> cursor, bool from_start) = 0;

  /// @param index from `enter` on, one by one; it may make the frame only now.
  [[nodiscard]] virtual found at(std::size_t index) = 0;

  /// When the frame at `index` happens; empty: whenever it is asked for.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point>
  due(std::size_t index) const {
    static_cast<void>(index);
    return std::nullopt;
  }
};

} // namespace prism::net
