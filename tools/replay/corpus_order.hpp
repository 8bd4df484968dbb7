#pragma once

#include "core/error.hpp"
#include "tools/replay/corpus_file.hpp"

#include <cstdint>

namespace prism::net {

/// The same frames with sequence numbers `first`, `first` + 1, … in the current order. Frames
/// without one are unchanged and consume none. Error: `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> renumbered(const corpus& frames, std::int64_t first);

/// The corpus twice in a row; the second copy continues the sequence numbers. Error:
/// `errc::invalid` naming the frame.
[[nodiscard]] expected<corpus> twice(const corpus& frames);

} // namespace prism::net
