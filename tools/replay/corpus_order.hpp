#pragma once

#include "core/error.hpp"
#include "tools/replay/corpus_file.hpp"

#include <cstdint>

namespace prism::net {

/// The same frames in an order drawn at random, in which each repository's own frames keep theirs.
/// That is the freedom a relay has: order is promised per repository only (sync spec). Every such
/// order is about equally likely; the same seed gives the same order on every machine. Sequence
/// numbers stay with their frames: see `renumbered`. Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> shuffled(const corpus& frames, std::uint64_t seed);

/// The same frames with sequence numbers `first`, `first` + 1, … in the present order. Frames that
/// have none are left alone and use up none. Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> renumbered(const corpus& frames, std::int64_t first);

/// The corpus, and then the whole of it again under sequence numbers that continue the first run's.
/// Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> twice(const corpus& frames);

} // namespace prism::net
