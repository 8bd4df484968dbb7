#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace prism {

/// Lines of this process's log that were lost, because its reader did not keep up, the file was not
/// writable, or the line could not be formatted. Like the log itself, one for the whole process.
inline std::atomic<std::uint64_t> dropped_log_lines{0};

/// Bytes of lines that wait to be written, and the most that may.
inline std::atomic<std::size_t> queued_log_bytes{0};
inline std::atomic<std::size_t> log_queue_capacity{0};

} // namespace prism
