// The part of `grpc_connection` that bounds what waits, in bytes and time, and floods of what costs
// the client nothing, and ends calls and itself.
#include "net/grpc/grpc_connection.hpp"

#include <algorithm>
#include <utility>

namespace prism::net {

namespace {

// Frames other than answers that may wait, besides one for each call.
constexpr std::size_t max_waiting_frames = 1'000;
// PING, SETTINGS, PRIORITY and DATA without any of one client in a second.
constexpr std::uint32_t max_control_frames = 2'000;
// For a round trip, after which the client knows that it must begin no further call.
constexpr std::chrono::seconds drain_round_trip{1};

} // namespace

void grpc_connection::hold(grpc_stream& stream, std::size_t bytes) {
  stream.held += bytes;
  held_ += bytes;
  counters_.buffered_bytes.fetch_add(bytes, std::memory_order_relaxed);
  if (held_ > options_.max_connection_bytes)
    fail("more bytes wait than one connection may have");
}

void grpc_connection::release(grpc_stream& stream) {
  held_ -= stream.held;
  counters_.buffered_bytes.fetch_sub(stream.held, std::memory_order_relaxed);
  stream.held = 0;
}

// A client can make the server reset its calls, by breaking rules of their streams, as fast as it
// could reset them itself (CVE-2025-8671).
void grpc_connection::count_reset(std::uint32_t error) {
  const bool is_ours = error == NGHTTP2_NO_ERROR || error == NGHTTP2_CANCEL;
  if (!is_ours && !forced_resets_.take(now_))
    fail("a flood of streams that break rules");
}

bool grpc_connection::allow_control_frame() {
  if (now_ - control_since_ >= std::chrono::seconds{1}) {
    control_since_ = now_;
    control_frames_ = 0;
  }
  if (++control_frames_ <= max_control_frames)
    return true;
  fail("a flood of control frames");
  return false;
}

void grpc_connection::close_stream(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end())
    return;
  const bool was_running = found->second.now_in == grpc_stream::phase::running;
  complete_calls_ -= found->second.is_given ? 1 : 0;
  release(found->second);
  streams_.erase(found);
  counters_.calls.fetch_sub(1, std::memory_order_relaxed);
  idle_since_ = now_;
  if (was_running)
    events_.cancelled(id);
}

void grpc_connection::abandon() {
  while (!streams_.empty())
    close_stream(streams_.begin()->first);
}

void grpc_connection::fail(std::string reason, bool by_stall) {
  if (std::exchange(failed_, true))
    return;
  reason_ = std::move(reason);
  ++(by_stall ? counters_.stalled : counters_.protocol_errors);
}

grpc_connection::use grpc_connection::used() const noexcept {
  if (!greeted_)
    return use::none;
  if (!has_called_)
    return use::tried;
  return complete_calls_ == 0 ? use::idle : use::busy;
}

time_point grpc_connection::used_since() const noexcept {
  return has_called_ ? idle_since_ : born_;
}

bool grpc_connection::may_receive() const noexcept {
  return nghttp2_session_get_outbound_queue_size(http2_.get()) <=
         max_waiting_frames + options_.max_streams;
}

bool grpc_connection::over() const noexcept {
  return nghttp2_session_want_read(http2_.get()) == 0 &&
         nghttp2_session_want_write(http2_.get()) == 0;
}

void grpc_connection::begin_drain(time_point now) {
  if (std::exchange(draining_, true))
    return;
  now_ = now;
  drain_until_ = now + drain_round_trip;
  check_at(*drain_until_);
  if (nghttp2_submit_shutdown_notice(http2_.get()) != 0 ||
      nghttp2_submit_ping(http2_.get(), NGHTTP2_FLAG_NONE, nullptr) != 0)
    fail("no memory");
}

void grpc_connection::end_drain() {
  drain_until_.reset();
  if (nghttp2_submit_goaway(http2_.get(), NGHTTP2_FLAG_NONE,
                            nghttp2_session_get_last_proc_stream_id(http2_.get()), NGHTTP2_NO_ERROR,
                            nullptr, 0) != 0)
    fail("no memory");
}

bool grpc_connection::due(time_point when) {
  if (when <= now_)
    return true;
  check_at(when);
  return false;
}

time_point grpc_connection::check(time_point now) {
  now_ = now;
  // What begins after this check cannot be due earlier.
  next_check_ = now + std::min(options_.stall_timeout, options_.idle_timeout);
  if (!greeted_ && due(born_ + options_.stall_timeout))
    fail("no preface in time", true);
  for (auto& [id, stream] : streams_)
    check_stream(id, stream);
  if (drain_until_ && due(*drain_until_))
    end_drain();
  if (!draining_ && streams_.empty() && due(idle_since_ + options_.idle_timeout))
    begin_drain(now);
  return next_check_;
}

void grpc_connection::check_stream(std::int32_t id, grpc_stream& stream) {
  using phase = grpc_stream::phase;
  const auto stalls_at = stream.since + options_.stall_timeout;
  switch (stream.now_in) {
  case phase::heading:
    if (due(stalls_at))
      fail("headers are not complete in time", true);
    break;
  case phase::receiving:
    if (due(stalls_at)) {
      ++counters_.stalled;
      send_status(id, stream, "200", grpc_status::cancelled, "the request did not come in time");
    }
    break;
  case phase::ready:
    break;
  case phase::running:
    if (stream.deadline && due(*stream.deadline)) {
      send_status(id, stream, "200", grpc_status::deadline_exceeded, "the deadline has passed");
      events_.cancelled(id);
    }
    break;
  case phase::answering:
    if (!due(stalls_at))
      break;
    if (nghttp2_session_get_remote_window_size(http2_.get()) <= 0) {
      if (due(data_since_ + options_.stall_timeout))
        fail("answers are not taken", true);
    } else if (nghttp2_session_get_stream_remote_window_size(http2_.get(), id) <= 0) {
      ++counters_.stalled;
      stream.since = now_;
      static_cast<void>(
          nghttp2_submit_rst_stream(http2_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL));
    }
    break;
  }
}

} // namespace prism::net
