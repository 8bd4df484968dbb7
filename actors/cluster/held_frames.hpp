#pragma once

#include "core/stream_position.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace prism {

/// Bytes of frames that other nodes have sent to this one's shards and that are not committed: what
/// this node owes its peers as credit. As many entries as frames that the shards accept. Peers are
/// named by UUID, shards by number. Any thread.
class held_frames {
public:
  /// A frame of `bytes` goes to a shard of this node.
  void arrived(const std::string& peer, std::size_t shard, stream_position position,
               std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    shards_[shard].push_back({peer, position, bytes});
  }

  /// The shard has committed everything up to `end`, that frame included. @returns bytes by peer.
  [[nodiscard]] std::map<std::string, std::uint64_t> committed(std::size_t shard,
                                                               stream_position end) {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, std::uint64_t> out;
    auto& held = shards_[shard];
    while (!held.empty() && held.front().position <= end) {
      out[held.front().peer] += held.front().bytes;
      held.pop_front();
    }
    return out;
  }

  /// The shard has dropped all of its frames, or has ended. @returns bytes by peer.
  [[nodiscard]] std::map<std::string, std::uint64_t> dropped(std::size_t shard) {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, std::uint64_t> out;
    for (const auto& each : shards_[shard])
      out[each.peer] += each.bytes;
    shards_.erase(shard);
    return out;
  }

  /// The link with `peer` has ended, and all credit with it.
  void forget(const std::string& peer) {
    const std::scoped_lock lock(mutex_);
    for (auto& [shard, held] : shards_)
      std::erase_if(held, [&](const frame& each) { return each.peer == peer; });
  }

private:
  struct frame {
    std::string peer;
    stream_position position;
    std::uint64_t bytes;
  };
  std::mutex mutex_;
  std::map<std::size_t, std::deque<frame>> shards_;
};

} // namespace prism
