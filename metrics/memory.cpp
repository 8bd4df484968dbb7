#include "metrics/memory.hpp"

#include <cstddef>

// Of jemalloc; null in a program that is not linked with it.
extern "C" [[gnu::weak]] int mallctl(const char* name, void* old_value, std::size_t* old_size,
                                     void* new_value, std::size_t new_size) noexcept;

namespace prism::metrics {

namespace {

[[nodiscard]] bool read(const char* name, std::uint64_t& into) noexcept {
  std::size_t value = 0;
  std::size_t size = sizeof value;
  if (mallctl(name, &value, &size, nullptr, 0) != 0)
    return false;
  into = value;
  return true;
}

} // namespace

std::optional<memory_sample> sample_memory() noexcept {
  if (mallctl == nullptr)
    return std::nullopt;
  // The statistics are as of the last epoch.
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  memory_sample sample;
  if (mallctl("epoch", &epoch, &size, &epoch, size) != 0 ||
      !read("stats.allocated", sample.allocated) || !read("stats.active", sample.active) ||
      !read("stats.resident", sample.resident) || !read("stats.retained", sample.retained))
    return std::nullopt;
  return sample;
}

} // namespace prism::metrics
