#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string_view>

namespace prism::metrics {

/// What the kernel says about this process (proc(5)).
struct process_sample {
  std::uint64_t resident_bytes{0};
  double cpu_seconds{0}; ///< user and system
  std::uint64_t threads{0};
  std::uint64_t open_fds{0};
  double start_time{0}; ///< seconds since 1970
};

/// The units in which the kernel counts.
struct process_units {
  double ticks_per_second{100};
  std::uint64_t page_bytes{4096};
  double boot_time{0}; ///< seconds since 1970
};

/// Reads the text of /proc/PID/stat, all fields but `open_fds`. Error `errc::invalid` if it has not
/// the form described in proc(5). The program's name in it may hold spaces and parentheses.
[[nodiscard]] expected<process_sample> parse_stat(std::string_view text,
                                                  const process_units& units);

/// Samples this process. Error `errc::io` if /proc cannot be read. Any thread.
[[nodiscard]] expected<process_sample> sample_process();

} // namespace prism::metrics
