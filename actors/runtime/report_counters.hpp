#pragma once

#include "db/index/report.hpp"
#include "metrics/registry.hpp"

namespace prism {

/// Counts what a batch or a purge did: operations by collection and action, and what it parked,
/// released and cancelled. Any thread.
/// @returns the number of operations.
std::size_t count_report(metrics::registry& metrics, const db::apply_report& report);

} // namespace prism
