#include "net/link/link_account.hpp"

#include <utility>

namespace prism::net {

void link_account::rename(link_peer peer) {
  const std::scoped_lock lock(mutex_);
  peer_ = std::move(peer);
}

void link_account::opened(std::shared_ptr<link_outbox> outbox, std::uint16_t version) {
  const std::scoped_lock lock(mutex_);
  outbox_ = std::move(outbox);
  version_ = version;
  since_ = steady_clock::now();
}

void link_account::closed(const link_outbox& outbox) {
  const std::scoped_lock lock(mutex_);
  if (outbox_.get() != &outbox)
    return;
  messages_out_ += outbox_->messages();
  outbox_.reset();
  since_ = steady_clock::now();
  round_trip = 0;
}

std::shared_ptr<link_outbox> link_account::outbox() const {
  const std::scoped_lock lock(mutex_);
  return outbox_;
}

link_stats link_account::stats(time_point now) const {
  const std::scoped_lock lock(mutex_);
  link_stats out{.peer = peer_,
                 .open = outbox_ != nullptr,
                 .version = outbox_ ? version_ : std::uint16_t{0},
                 .round_trip = std::chrono::microseconds{round_trip},
                 .bytes_in = bytes_in,
                 .bytes_out = bytes_out,
                 .messages_in = messages_in,
                 .messages_out = messages_out_ + (outbox_ ? outbox_->messages() : 0),
                 .queued_bytes = outbox_ ? outbox_->queued_bytes() : 0,
                 .since = std::chrono::duration_cast<std::chrono::milliseconds>(now - since_)};
  for (std::size_t i = 0; i < link_end_count; ++i)
    out.ended.at(i) = ended.at(i);
  return out;
}

} // namespace prism::net
