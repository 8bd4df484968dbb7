#pragma once

#include "core/error.hpp"
#include "tools/replay/corpus_file.hpp"

#include <cstdint>

namespace prism::net {

/// The same frames in an order drawn at random, in which each repository's own frames keep theirs.
/// A relay may do the same: order is guaranteed per repository only (sync spec). All such orders
/// are about equally likely; a seed gives the same order on every machine. Frames keep their
/// sequence numbers: see `renumbered`. Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> shuffled(const corpus& frames, std::uint64_t seed);

/// The same frames with sequence numbers `first`, `first` + 1, … in the current order. Frames
/// without one are unchanged and consume none. Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> renumbered(const corpus& frames, std::int64_t first);

/// The corpus twice in a row; the second copy continues the sequence numbers. Error:
/// `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> twice(const corpus& frames);

} // namespace prism::net
