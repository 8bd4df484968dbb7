#pragma once

#include "db/index/report.hpp"
#include "metrics/registry.hpp"

namespace prism {

/// Adds the result of a batch or a purge to the metrics: operations by collection and action, and
/// operations parked, released and cancelled. Any thread.
/// @returns the number of operations.
std::size_t count_report(metrics::registry& metrics, const db::apply_report& report);

} // namespace prism
