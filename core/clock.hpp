#pragma once

#include <chrono>

namespace prism {

/// The clock of every state machine in core/: monotonic. The time is always passed in, so that a
/// test simulates hours in microseconds.
using steady_clock = std::chrono::steady_clock;

/// A point in time on `steady_clock`. Not valid after a restart of the process.
using time_point = steady_clock::time_point;

} // namespace prism
