#pragma once

#include <chrono>
#include <thread>

namespace prism::net::test {

/// How long a test waits for an expected event: long enough for a loaded machine under sanitizers.
inline constexpr std::chrono::seconds patience{60};

/// Waits until `condition` holds. False when it did not within `patience`.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// Waits until `value` has stayed the same for `quiet`, and returns it.
template <class Value>
[[nodiscard]] auto stable_value(Value value, std::chrono::milliseconds quiet) {
  auto last = value();
  auto since = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - since < quiet) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    if (const auto now = value(); now != last) {
      last = now;
      since = std::chrono::steady_clock::now();
    }
  }
  return last;
}

} // namespace prism::net::test
