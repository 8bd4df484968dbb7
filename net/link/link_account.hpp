#pragma once

#include "core/clock.hpp"
#include "net/link/link_outbox.hpp"
#include "net/link/links.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace prism::net {

/// What other threads know of the link with one peer: its numbers, and the outbox of the open one.
class link_account {
public:
  explicit link_account(link_peer peer) : peer_(std::move(peer)) {}

  // Numbers, of all links with the peer.
  std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};
  std::atomic<std::uint64_t> messages_in{0};
  std::atomic<std::chrono::microseconds::rep> round_trip{0}; // µs
  std::array<std::atomic<std::uint64_t>, link_end_count> ended{};

  void rename(link_peer peer);
  void opened(std::shared_ptr<link_outbox> outbox, std::uint16_t version);
  /// If that is the open one.
  void closed(const link_outbox& outbox);

  /// The outbox of the open link; null without one.
  [[nodiscard]] std::shared_ptr<link_outbox> outbox() const;
  [[nodiscard]] link_stats stats(time_point now) const;

private:
  mutable std::mutex mutex_;
  link_peer peer_;
  std::shared_ptr<link_outbox> outbox_;
  std::uint16_t version_{0};
  std::uint64_t messages_out_{0}; // of links that have ended
  time_point since_{steady_clock::now()};
};

} // namespace prism::net
