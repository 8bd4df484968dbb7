#pragma once

#include "core/error.hpp"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace prism::db {

/// Polls `done` every 20 ms until it returns true; false if the time is up first. For conditions of
/// other processes, which have no event to wait for.
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

/// Prevents other processes from starting a server in the same directory at the same time. The
/// kernel releases it when the process ends.
class directory_lock {
public:
  /// Waits for the lock. Errors: io; timeout if another process holds it until then.
  /// @param file created if it does not exist
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
