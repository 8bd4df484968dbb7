#include "net/relay/ws_connection.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/websocket/error.hpp>

namespace prism::net {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

// Buffer for the first read of a message, before its length is known.
constexpr std::size_t first_read_bytes = 1536;
// Bytes kept of a rejected message.
constexpr std::size_t head_bytes = std::size_t{64} << 10;

} // namespace

ws_connection::ws_connection(const maybe_tls_stream::executor_type& executor,
                             const ws_source_options& options, const endpoint_url& url,
                             tls_context tls, ws_connection_owner& owner)
    : options_(options), url_(url), tls_(std::move(tls)), owner_(owner), executor_(executor),
      resolver_(executor), address_timer_(executor), deadline_(executor),
      wake_(executor, time_point::max()), watch_timer_(executor),
      watchdog_(options.idle_timeout, steady_clock::now()) {}

asio::awaitable<connection_end> ws_connection::run(std::string target) {
  const auto self = shared_from_this();
  co_await open(std::move(target));
  if (!end_) {
    open_ = true;
    heard();
    next_ping_ = steady_clock::now() + options_.ping_interval;
    asio::co_spawn(
        executor_, [self] { return self->watch(); }, asio::detached);
    owner_.opened();
    co_await read_frames();
  }
  co_return std::move(*end_);
}

asio::awaitable<void> ws_connection::read_frames() {
  while (!end_) {
    if (closing_) {
      co_await wake_.async_wait(use_result);
      continue;
    }
    if (!owner_.has_credit()) {
      co_await wait_for_credit();
      continue;
    }
    frame_bytes frame = co_await read_message();
    if (!frame || closing_)
      continue;
    if (ws_->got_binary())
      owner_.received(std::move(frame));
    else
      owner_.skipped(frame->size());
  }
}

// Null if the connection has ended.
asio::awaitable<frame_bytes> ws_connection::read_message() {
  auto message = std::make_shared<std::vector<std::byte>>();
  do {
    const std::size_t have = message->size();
    // After the header has been read, the hint is the rest of the message, so an oversized message
    // is rejected before memory is allocated for it.
    if (have > 0 && have + ws_->read_size_hint(1) > options_.max_frame_bytes) {
      refuse(*message);
      co_return nullptr;
    }
    const std::size_t room =
        std::min(ws_->read_size_hint(first_read_bytes), options_.max_frame_bytes + 1 - have);
    message->resize(have + room);
    const auto [ec, count] =
        co_await ws_->async_read_some(asio::buffer(message->data() + have, room), use_result);
    message->resize(have + count);
    if (ec) {
      finish_read(ec);
      co_return nullptr;
    }
    // `watch` wakes up before this deadline: it is later than any before it.
    if (have == 0 && !ws_->is_message_done())
      watchdog_.message_began(steady_clock::now());
    heard();
    if (message->size() > options_.max_frame_bytes) {
      refuse(*message);
      co_return nullptr;
    }
  } while (!ws_->is_message_done());
  watchdog_.message_ended();
  // Small messages must not keep the buffer of the first read.
  if (message->capacity() > 2 * message->size())
    message->shrink_to_fit();
  co_return message;
}

asio::awaitable<void> ws_connection::wait_for_credit() {
  owner_.stalled(true);
  watchdog_.suspend();
  while (!end_ && !closing_ && !owner_.has_credit())
    co_await wake_.async_wait(use_result);
  watchdog_.resume(steady_clock::now());
  watch_timer_.cancel();
  owner_.stalled(false);
}

asio::awaitable<void> ws_connection::watch() {
  while (!end_) {
    const auto due = std::min(next_ping_, watchdog_.deadline().value_or(time_point::max()));
    watch_timer_.expires_at(due);
    co_await watch_timer_.async_wait(use_result);
    const auto now = steady_clock::now();
    // Data that arrived meanwhile, at least a pong, may still be unread.
    watchdog_.overslept(due, now);
    if (watchdog_.expired(now) && !end_)
      finish(
          disconnect_reason::idle,
          watchdog_.message_expired(now)
              ? fmt::format("a message was not complete after {} ms", options_.idle_timeout.count())
              : fmt::format("nothing received for {} ms, not even a pong",
                            options_.idle_timeout.count()));
    if (now >= next_ping_) {
      ping();
      next_ping_ = now + options_.ping_interval;
    }
  }
}

void ws_connection::ping() {
  // A ping in flight means that the send buffer is full; another one would not help.
  if (ping_under_way_ || closing_ || end_)
    return;
  ping_under_way_ = true;
  ws_->async_ping({}, [self = shared_from_this()](error_code) { self->ping_under_way_ = false; });
}

void ws_connection::heard() {
  watchdog_.heard(steady_clock::now());
  owner_.heard();
}

void ws_connection::wake() {
  wake_.cancel();
}

void ws_connection::close() {
  if (closing_ || end_)
    return;
  closing_ = true;
  if (!open_) {
    finish(disconnect_reason::stopped, "stopped while connecting");
    return;
  }
  arm_deadline(options_.close_timeout, disconnect_reason::stopped,
               "stopped; the peer did not answer the close frame in time");
  ws_->async_close(websocket::close_code::going_away, [self = shared_from_this()](error_code ec) {
    self->finish(disconnect_reason::stopped,
                 ec ? "stopped; closing failed: " + ec.message() : "stopped; closed by both sides");
  });
  wake();
}

void ws_connection::arm_deadline(std::chrono::milliseconds after, disconnect_reason reason,
                                 std::string text) {
  deadline_.expires_after(after);
  // A timer whose handler is queued cannot be cancelled, hence the generation.
  deadline_.async_wait([self = shared_from_this(), generation = ++deadline_generation_, reason,
                        text = std::move(text)](error_code ec) mutable {
    if (!ec && generation == self->deadline_generation_)
      self->finish(reason, std::move(text));
  });
}

void ws_connection::disarm_deadline() {
  ++deadline_generation_;
  deadline_.cancel();
}

void ws_connection::finish_read(const error_code& ec) {
  if (ec == websocket::error::closed) {
    const auto& why = ws_->reason();
    finish(disconnect_reason::closed,
           fmt::format("the peer closed with code {} '{}'", static_cast<unsigned>(why.code),
                       std::string_view(why.reason.data(), why.reason.size())));
  } else if (ec == websocket::condition::protocol_violation) {
    finish(disconnect_reason::protocol_error, "protocol violation by the peer: " + ec.message());
  } else {
    finish(disconnect_reason::reset, "connection lost: " + ec.message());
  }
}

void ws_connection::refuse(const std::vector<std::byte>& start) {
  const auto size = std::min(start.size(), head_bytes);
  finish(disconnect_reason::oversized,
         fmt::format("rejected a message of more than {} bytes", options_.max_frame_bytes));
  end_->head.assign(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(size));
}

// The first reason is the cause; later ones are consequences of the closed socket.
void ws_connection::finish(disconnect_reason reason, std::string text) {
  if (end_)
    return;
  end_ = connection_end{.reason = closing_ ? disconnect_reason::stopped : reason,
                        .text = std::move(text),
                        .head = {}};
  error_code ignored;
  resolver_.cancel();
  if (race_)
    race_->cancel();
  if (ws_)
    ws_->next_layer().next_layer().close(ignored);
  address_timer_.cancel();
  disarm_deadline();
  watch_timer_.cancel();
  wake_.cancel();
}

} // namespace prism::net
