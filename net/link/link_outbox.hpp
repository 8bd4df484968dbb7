#pragma once

#include "core/frame_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace prism::net {

/// What waits to be written to one link. Messages go in the order in which they came; those of the
/// link itself (ping, pong) overtake the others, but do not interrupt one. Any thread pushes, one
/// takes.
class link_outbox {
public:
  enum class answer : std::uint8_t { queued, closed, overflow };

  /// @param max_bytes that may wait. @param wake is called when something waits again after
  /// `next` had found nothing; on the thread that pushes.
  link_outbox(std::size_t max_bytes, std::function<void()> wake)
      : max_bytes_(max_bytes), wake_(std::move(wake)) {}

  /// @param head sizes and head, as of `encode_link_head`. After `overflow` it is closed.
  [[nodiscard]] answer push(std::vector<std::byte> head, std::vector<frame_bytes> payload);
  /// The same for a message of the link itself.
  [[nodiscard]] answer push_first(std::vector<std::byte> head);

  /// The next bytes to write, at most a TLS record of them; the same until they are `taken`. Large
  /// payloads are not copied. Empty if nothing waits or it is closed.
  [[nodiscard]] std::span<const std::byte> next();
  /// So many of these were written.
  void taken(std::size_t count);

  /// Nothing can be pushed any more. What waits is dropped, except for what `next` gave out.
  void close();

  /// Bytes that wait.
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Messages taken as a whole, without the link's own.
  [[nodiscard]] std::uint64_t messages() const;

private:
  struct outgoing {
    std::vector<std::byte> head;
    std::vector<frame_bytes> payload;
    bool own{false};
  };

  answer push(std::deque<outgoing>& to, outgoing message);
  [[nodiscard]] std::span<const std::byte> piece();

  const std::size_t max_bytes_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<outgoing> own_;
  std::deque<outgoing> others_;
  outgoing current_;      // of which bytes are given out
  std::size_t piece_{0};  // of current_: its head, then its payload
  std::size_t offset_{0}; // within the piece
  std::size_t queued_{0}; // bytes
  std::uint64_t messages_{0};
  std::vector<std::byte> gathered_;
  std::span<const std::byte> given_;
  bool has_current_{false};
  bool idle_{true};
  bool closed_{false};
};

} // namespace prism::net
