#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace prism::test {

/// How long a test waits on a busy machine before it fails.
inline constexpr std::chrono::seconds patience{120};

/// Whether `holds` became true in time.
[[nodiscard]] inline bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

} // namespace prism::test
