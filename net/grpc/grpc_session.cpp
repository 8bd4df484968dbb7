#include "net/grpc/grpc_session.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <string_view>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// For a client to read the last bytes, after which it closes by itself.
constexpr std::chrono::seconds linger_time{2};
// What a client may still send meanwhile: it cannot know yet.
constexpr std::size_t linger_bytes = std::size_t{1} << 20U;

[[nodiscard]] bool speaks_http2(SSL* tls) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls, &name, &size);
  return std::string_view{reinterpret_cast<const char*>(name), size} == "h2";
}

} // namespace

grpc_session::grpc_session(tcp::socket socket, tls_context tls, const grpc_server_options& options,
                           grpc_counters& counters, owner owner)
    : options_(options), counters_(counters), owner_(std::move(owner)), stream_(std::move(socket)),
      tls_(std::move(tls)), connection_(options, counters, owner_.events, steady_clock::now()),
      timer_(stream_.get_executor()),
      room_(stream_.get_executor(), asio::steady_timer::time_point::max()),
      wrote_at_(steady_clock::now()) {}

asio::awaitable<void> grpc_session::run() {
  const auto self = shared_from_this();
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  stream_.next_layer().set_option(asio::socket_base::keep_alive(true), ignored);
  asio::co_spawn(
      stream_.get_executor(), [self] { return self->watch(); }, asio::detached);
  const bool open = co_await handshake();
  open_ = open;
  if (open_ && !ended_) {
    flush();
    co_await read();
  }
  cut();
}

asio::awaitable<bool> grpc_session::handshake() {
  if (!tls_)
    co_return true;
  auto& tls = stream_.enable_tls(tls_);
  const auto [ec] = co_await tls.async_handshake(maybe_tls_stream::tls_stream::server, use_result);
  if (ended_ || ec == asio::error::eof || ec == asio::error::connection_reset)
    co_return false;
  if (ec || !speaks_http2(tls.native_handle()))
    connection_.fail(ec ? "TLS: " + ec.message() : "TLS: the client does not offer h2");
  co_return !connection_.failed();
}

asio::awaitable<void> grpc_session::read() {
  while (!ended_) {
    const auto [ec, size] = co_await stream_.async_read_some(asio::buffer(in_), use_result);
    if (ended_)
      break;
    if (size > 0)
      take(size);
    if (ec)
      cut();
    while (!ended_ && !closing_ && !connection_.may_receive())
      co_await room_.async_wait(use_result);
  }
}

void grpc_session::take(std::size_t size) {
  counters_.received_bytes.fetch_add(size, std::memory_order_relaxed);
  if (closing_) {
    lingered_ += size;
    if (lingered_ > linger_bytes)
      cut();
    return;
  }
  taking_ = true;
  connection_.receive({in_.data(), size}, steady_clock::now());
  taking_ = false;
  flush();
  watch_again();
}

void grpc_session::answer(std::int32_t stream, grpc_answer answer) {
  if (ended_)
    return;
  connection_.answer(stream, std::move(answer), steady_clock::now());
  if (!taking_)
    flush_soon();
}

void grpc_session::drain() {
  if (ended_)
    return;
  connection_.begin_drain(steady_clock::now());
  flush_soon();
  watch_again();
}

void grpc_session::cut() {
  if (std::exchange(ended_, true))
    return;
  timer_.cancel();
  room_.cancel();
  error_code ignored;
  stream_.next_layer().close(ignored);
  if (connection_.failed())
    owner_.failed(connection_.reason());
  connection_.abandon();
  owner_.changed();
}

// After what else is to be done now, so that several answers go out in one write.
void grpc_session::flush_soon() {
  if ((writing_ && !connection_.failed()) || std::exchange(flush_posted_, true))
    return;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void grpc_session::flush() {
  if (writing_ && connection_.failed())
    return cut(); // who takes nothing need not be waited for
  if (!open_ || writing_ || closing_ || ended_)
    return;
  out_.clear();
  written_ = 0;
  connection_.collect(out_, steady_clock::now());
  if (!out_.empty()) {
    writing_ = true;
    wrote_at_ = steady_clock::now();
    return write_rest();
  }
  if (connection_.failed() || connection_.over())
    close_gently();
}

void grpc_session::write_rest() {
  stream_.async_write_some(asio::buffer(out_) + written_,
                           [self = shared_from_this()](const error_code& ec, std::size_t size) {
                             self->wrote(ec, size);
                           });
}

void grpc_session::wrote(const error_code& ec, std::size_t size) {
  if (ended_)
    return;
  counters_.sent_bytes.fetch_add(size, std::memory_order_relaxed);
  wrote_at_ = steady_clock::now();
  written_ += size;
  if (ec)
    return cut();
  if (written_ < out_.size())
    return write_rest();
  writing_ = false;
  flush();
  room_.cancel();
}

// Closing while something is unread would make the system throw away what the client has not read.
void grpc_session::close_gently() {
  closing_ = true;
  closing_until_ = steady_clock::now() + linger_time;
  error_code ignored;
  stream_.next_layer().shutdown(asio::socket_base::shutdown_send, ignored);
  room_.cancel();
  timer_.cancel();
  connection_.abandon();
  owner_.changed();
}

void grpc_session::watch_again() {
  if (connection_.next_check() < watching_until_)
    timer_.cancel();
}

asio::awaitable<void> grpc_session::watch() {
  const auto self = shared_from_this();
  while (!ended_) {
    check(steady_clock::now());
    if (ended_)
      break;
    timer_.expires_at(watching_until_);
    co_await timer_.async_wait(use_result);
  }
}

void grpc_session::check(time_point now) {
  if (!closing_) {
    watching_until_ = connection_.check(now);
    const auto stalls_at = wrote_at_ + options_.stall_timeout;
    if (writing_ && now >= stalls_at)
      connection_.fail("nothing is taken", true);
    else if (writing_)
      watching_until_ = std::min(watching_until_, stalls_at);
    if (connection_.failed() && !open_)
      return cut();
    flush();
  }
  if (!closing_)
    return;
  if (now >= closing_until_)
    return cut();
  watching_until_ = closing_until_;
}

} // namespace prism::net
