#pragma once

#include "live_source.hpp"

#include <string>

namespace prism::synth {

/// The expected row counts of the tables after a stream, as one JSON object with the names of
/// tools/common/totals.sql, and the totals of the stream.
[[nodiscard]] std::string totals_of(const model& expected, const live_source::outcome& made);

} // namespace prism::synth
