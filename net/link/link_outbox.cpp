#include "net/link/link_outbox.hpp"

#include <algorithm>
#include <utility>

namespace prism::net {

namespace {

constexpr std::size_t record = std::size_t{16} * 1024; // of TLS

} // namespace

link_outbox::answer link_outbox::push(std::vector<std::byte> head,
                                      std::vector<frame_bytes> payload) {
  return push(others_, {.head = std::move(head), .payload = std::move(payload)});
}

link_outbox::answer link_outbox::push_first(std::vector<std::byte> head) {
  return push(own_, {.head = std::move(head), .payload = {}, .own = true});
}

link_outbox::answer link_outbox::push(std::deque<outgoing>& to, outgoing message) {
  bool wakes = false;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_)
      return answer::closed;
    std::size_t size = message.head.size();
    for (const auto& each : message.payload)
      size += each->size();
    if (size > max_bytes_ - queued_) {
      closed_ = true;
      return answer::overflow;
    }
    queued_ += size;
    to.push_back(std::move(message));
    wakes = std::exchange(idle_, false);
  }
  if (wakes)
    wake_();
  return answer::queued;
}

std::span<const std::byte> link_outbox::next() {
  const std::scoped_lock lock(mutex_);
  if (!given_.empty())
    return given_;
  gathered_.clear();
  while (!closed_ && gathered_.size() < record) {
    const auto rest = piece();
    if (rest.empty())
      break;
    if (gathered_.empty() && rest.size() >= record) {
      given_ = rest.first(record);
      offset_ += record;
      return given_;
    }
    const auto part = rest.first(std::min(rest.size(), record - gathered_.size()));
    gathered_.insert(gathered_.end(), part.begin(), part.end());
    offset_ += part.size();
  }
  given_ = gathered_;
  idle_ = given_.empty();
  return given_;
}

void link_outbox::taken(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  given_ = given_.subspan(count);
  queued_ -= std::min(count, queued_);
}

void link_outbox::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  own_.clear();
  others_.clear();
  queued_ = 0;
}

std::size_t link_outbox::queued_bytes() const {
  const std::scoped_lock lock(mutex_);
  return queued_;
}

std::uint64_t link_outbox::messages() const {
  const std::scoped_lock lock(mutex_);
  return messages_;
}

// What is left of the piece at which we are, or of the next one.
std::span<const std::byte> link_outbox::piece() {
  while (true) {
    if (!has_current_) {
      auto& from = own_.empty() ? others_ : own_;
      if (from.empty())
        return {};
      current_ = std::move(from.front());
      from.pop_front();
      has_current_ = true;
      piece_ = offset_ = 0;
    }
    if (piece_ > current_.payload.size()) {
      messages_ += current_.own ? 0 : 1;
      current_ = {};
      has_current_ = false;
      continue;
    }
    const std::span<const std::byte> all =
        piece_ == 0 ? std::span<const std::byte>{current_.head} : *current_.payload[piece_ - 1];
    if (offset_ < all.size())
      return all.subspan(offset_);
    ++piece_;
    offset_ = 0;
  }
}

} // namespace prism::net
