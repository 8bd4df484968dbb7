#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string_view>

namespace prism::metrics {

/// Resource usage of this process, from proc(5).
struct process_sample {
  std::uint64_t resident_bytes{0};
  double cpu_seconds{0}; ///< user and system
  std::uint64_t threads{0};
  std::uint64_t open_fds{0};
  double start_time{0}; ///< seconds since 1970
};

/// The units of the kernel's numbers.
struct process_units {
  double ticks_per_second{100};
  std::uint64_t page_bytes{4096};
  double boot_time{0}; ///< seconds since 1970
};

/// Parses the text of /proc/PID/stat; gives all members except `open_fds`. The program's name in it
/// may contain spaces and parentheses. Error `errc::invalid` if the text is not as in proc(5).
[[nodiscard]] expected<process_sample> parse_stat(std::string_view text,
                                                  const process_units& units);

/// Samples this process. Error `errc::io` if /proc cannot be read. Any thread.
[[nodiscard]] expected<process_sample> sample_process();

} // namespace prism::metrics
