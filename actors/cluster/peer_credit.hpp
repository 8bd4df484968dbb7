#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace prism {

/// How many bytes of frames may be sent to each peer before it has given some back. Peers are named
/// by UUID; one without an open link has no credit. Any thread.
class peer_credit {
public:
  /// A link's first message: how many bytes the peer takes at all, none of them sent yet.
  void open(const std::string& peer, std::uint64_t whole) {
    const std::scoped_lock lock(mutex_);
    peers_[peer] = {whole, whole};
  }
  /// The link has ended.
  void close(const std::string& peer) {
    const std::scoped_lock lock(mutex_);
    peers_.erase(peer);
  }
  /// The credit never exceeds what the peer takes at all, whatever it says.
  void give_back(const std::string& peer, std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = peers_.find(peer); found != peers_.end())
      found->second.left = bytes < found->second.whole - found->second.left
                               ? found->second.left + bytes
                               : found->second.whole;
  }
  /// @returns whether `bytes` may be sent; more than the peer takes at all only if it has nothing.
  [[nodiscard]] bool take(const std::string& peer, std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    const auto found = peers_.find(peer);
    if (found == peers_.end())
      return false;
    auto& [whole, left] = found->second;
    if (bytes > left && left < whole)
      return false;
    left = bytes < left ? left - bytes : 0;
    return true;
  }

private:
  struct account {
    std::uint64_t whole{0};
    std::uint64_t left{0}; // at most `whole`
  };
  std::mutex mutex_;
  std::map<std::string, account> peers_;
};

} // namespace prism
