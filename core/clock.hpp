#pragma once

#include <chrono>

namespace prism {

/// The clock of every state machine in core/: monotonic, and always passed in, so that a test
/// drives hours in microseconds and no machine reads the time behind its caller's back.
using steady_clock = std::chrono::steady_clock;

/// A moment on `steady_clock`. Never stored across a restart of the process.
using time_point = steady_clock::time_point;

} // namespace prism
