#pragma once

#include <cstdint>
#include <optional>

namespace prism::metrics {

/// Memory of this process as its allocator, jemalloc, sees it. In bytes.
struct memory_sample {
  std::uint64_t allocated{0}; ///< in use by the program
  std::uint64_t active{0};    ///< pages with something in use
  std::uint64_t resident{0};  ///< pages in physical memory, those kept for later use included
  std::uint64_t retained{0};  ///< addresses kept without memory behind them
};

/// Empty if the program runs with another allocator (under sanitizers). Any thread.
[[nodiscard]] std::optional<memory_sample> sample_memory() noexcept;

} // namespace prism::metrics
