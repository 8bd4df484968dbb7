#pragma once

#include "config/options.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace prism::tools {

/// How much memory this process may use, and who says so.
struct memory_limit {
  std::uint64_t bytes{0};
  std::string source;
};

/// The smallest of: the machine's memory, the limits of this process's control group and of those
/// above it (memory.max and memory.high of version 2, memory.limit_in_bytes of version 1), and the
/// limit of its address space. Empty if nothing can be read.
/// @param root another root of /proc and /sys/fs/cgroup, for tests
/// @param address_space RLIMIT_AS; empty: unlimited
[[nodiscard]] std::optional<memory_limit>
find_memory_limit(const std::filesystem::path& root, std::optional<std::uint64_t> address_space);

/// The same for this process as it is.
[[nodiscard]] std::optional<memory_limit> find_memory_limit();

/// The part of the memory that the replay window may take by default.
inline constexpr std::uint64_t window_share = 4;

/// Fits `firehose-window-bytes` into the memory there is: the default becomes a quarter of it, at
/// least the option's minimum. A value that somebody has chosen stays. @returns a line for the log
/// if the default was lowered or the chosen value is more than that; else empty.
[[nodiscard]] std::optional<std::string> fit_window(config::options& options,
                                                    const memory_limit& memory);

} // namespace prism::tools
