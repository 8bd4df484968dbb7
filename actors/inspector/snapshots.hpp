#pragma once

#include "actors/runtime/node_context.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace prism {

/// The status that actors gave of themselves, and how old it is. An actor that does not answer in
/// time is not asked again for a while, so that those who look at a stuck node wait once and not
/// each. As many entries as there are names in the tree. Any thread; `ask` blocks.
class snapshots {
public:
  /// How long an actor has.
  static constexpr std::chrono::milliseconds patience{200};
  /// One that did not answer is left alone for so long.
  static constexpr std::chrono::seconds pause{2};

  struct snapshot {
    boost::json::object fields;
    std::chrono::steady_clock::duration age{0};
    bool answered{false}; ///< now; else it is the last known one
  };

  explicit snapshots(node_ptr node) : node_(std::move(node)) {}

  /// Asks an actor of the tree. @returns empty if there is no such actor, and never was one that
  /// answered.
  [[nodiscard]] std::optional<snapshot> ask(const std::string& name);

private:
  struct known {
    boost::json::object fields;
    time_point at{};
    time_point silent_until{};
    bool any{false};
  };

  node_ptr node_;
  std::mutex mutex_;
  std::map<std::string, known> known_;
};

} // namespace prism
