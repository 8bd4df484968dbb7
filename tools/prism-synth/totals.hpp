#pragma once

#include "live_source.hpp"

#include <string>

namespace prism::synth {

/// How many rows the tables have to hold after a stream, as one JSON object: by the names of
/// tools/soak/totals.sql, and beside them what was made.
[[nodiscard]] std::string totals_of(const model& expected, const live_source::outcome& made);

} // namespace prism::synth
