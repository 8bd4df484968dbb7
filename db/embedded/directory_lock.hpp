#pragma once

#include "core/error.hpp"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace prism::db {

/// Asks `done` every 20 ms until it says yes; false when time was up first. For what other
/// processes do, which has no event to wait on.
template <class Condition>
[[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point until, Condition done) {
  constexpr std::chrono::milliseconds pause{20};
  while (!done()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

/// Keeps other processes from starting a server in the same directory meanwhile. The kernel frees
/// it when the process dies.
class directory_lock {
public:
  /// @param file is made if absent. Errors: io; timeout when another process keeps it.
  [[nodiscard]] static expected<directory_lock> take(const std::filesystem::path& file,
                                                     std::chrono::steady_clock::time_point until);
  ~directory_lock();
  directory_lock(directory_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  directory_lock& operator=(directory_lock&&) = delete;

private:
  explicit directory_lock(int fd) noexcept : fd_(fd) {}
  int fd_;
};

} // namespace prism::db
