#pragma once

#include <atomic>
#include <cstdint>

namespace prism {

/// Lines of this process's log that nobody got to read, since its reader did not keep up or the
/// file was not writable. Like the log itself, one for the whole process.
inline std::atomic<std::uint64_t> dropped_log_lines{0};

} // namespace prism
