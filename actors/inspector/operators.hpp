#pragma once

#include "actors/inspector/command.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace prism {

/// Who is connected through the tunnel, by the token that the hello gave each. CAF listens on the
/// loopback address, where any local user may connect: only the token proves who asks. As many
/// entries as the tunnel has connections. Any thread.
class operators {
public:
  void add(std::string token, operator_identity who) {
    const std::scoped_lock lock(mutex_);
    known_.insert_or_assign(std::move(token), std::move(who));
  }
  void remove(const std::string& token) {
    const std::scoped_lock lock(mutex_);
    known_.erase(token);
  }
  /// Empty: nobody who is connected has this token.
  [[nodiscard]] std::optional<operator_identity> find(const std::string& token) const {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(token);
    return found == known_.end() ? std::nullopt : std::optional{found->second};
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, operator_identity> known_;
};

} // namespace prism
