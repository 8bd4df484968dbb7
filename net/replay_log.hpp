#pragma once

#include "core/error.hpp"
#include "net/corpus_file.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace prism::net {

/// A corpus that can be entered at a cursor. Immutable after `make`.
class replay_log {
public:
  /// Where a client begins.
  struct entry {
    std::size_t index{0};
    /// What it asked for is no longer kept: it gets #info OutdatedCursor first.
    bool outdated{false};
    /// What it asked for is not there yet: it gets the error FutureCursor and nothing else.
    bool future{false};
  };

  /// @param window frames kept at the end; 0: all.
  /// Error: `errc::invalid` naming the frame that is none or whose seq is not above the last one.
  [[nodiscard]] static expected<replay_log> make(corpus frames, std::size_t window);

  /// Where a client with this cursor begins; one without begins with the oldest frame kept
  /// (`from_start`) or behind the newest.
  [[nodiscard]] entry enter(std::optional<std::int64_t> cursor, bool from_start) const;

  [[nodiscard]] std::size_t size() const noexcept { return frames_.size(); }
  [[nodiscard]] const frame_bytes& operator[](std::size_t index) const { return frames_[index]; }

private:
  corpus frames_;
  std::vector<std::int64_t> seqs_; // of each frame, or of the one before it if it has none
  std::size_t oldest_{0};
};

} // namespace prism::net
