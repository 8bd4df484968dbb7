#include "net/tunnel/byte_pump.hpp"
#include "net/use_result.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t buffer_size = std::size_t{16} * 1024; // of a TLS record
// For the peer to confirm the end.
constexpr std::chrono::seconds goodbye_limit{1};

} // namespace

byte_pump::byte_pump(tunnel_stream& tls, tcp_socket& plain, pump_counters& counters,
                     pump_limits limits)
    : tls_(tls), plain_(plain), counters_(counters), limits_(std::move(limits)),
      timer_(plain.get_executor()) {
  if (limits_.messages)
    messages_.emplace(*limits_.messages);
}

asio::awaitable<pump_end> byte_pump::run() {
  const auto self = shared_from_this();
  moved();
  const auto executor = plain_.get_executor();
  asio::co_spawn(
      executor,
      [self] {
        return self->pass(self->tls_, self->plain_, way::to_plain, self->counters_.to_plain);
      },
      asio::detached);
  asio::co_spawn(
      executor,
      [self] { return self->pass(self->plain_, self->tls_, way::to_tls, self->counters_.to_tls); },
      asio::detached);
  co_await watch();
  if (!closed_)
    co_await say_goodbye();
  cut();
  co_return end_;
}

void byte_pump::cut() {
  closed_ = true;
  error_code ignored;
  tls_.next_layer().close(ignored);
  plain_.close(ignored);
  timer_.cancel();
}

template <class From, class To>
asio::awaitable<void> byte_pump::pass(From& from, To& to, way which,
                                      std::atomic<std::uint64_t>& count) {
  std::array<char, buffer_size> buffer;
  error_code ec;
  while (!ec && !finishing_) {
    auto [read_error, size] = co_await from.async_read_some(asio::buffer(buffer), use_result);
    ec = read_error;
    error_code write_error;
    if (!may_pass(which, {buffer.data(), size})) {
      end_ = pump_end::bad_message;
      ec = asio::error::invalid_argument;
      break;
    }
    for (std::size_t done = 0; done < size && !write_error;) {
      moved();
      auto [problem, written] =
          co_await to.async_write_some(asio::buffer(buffer.data() + done, size - done), use_result);
      write_error = problem;
      done += written;
      count.fetch_add(written, std::memory_order_relaxed);
    }
    if (write_error)
      ec = asio::error::broken_pipe;
  }
  ended(which, ec);
}

bool byte_pump::may_pass(way which, std::span<const char> bytes) {
  return which == way::to_tls || !messages_ || messages_->take(std::as_bytes(bytes));
}

void byte_pump::ended(way which, const error_code& ec) {
  --under_way_;
  moved();
  timer_.cancel(); // another limit holds from now on
  if (finishing_)
    return;
  error_code ignored;
  if (ec != asio::error::eof && ec != asio::ssl::error::stream_truncated)
    cut();
  else if (which == way::to_plain)
    plain_.shutdown(tcp_socket::shutdown_send, ignored);
}

asio::awaitable<void> byte_pump::watch() {
  while (!closed_ && under_way_ > 0) {
    const bool draining = under_way_ < 2;
    const auto limit = draining ? limits_.drain : limits_.idle;
    if (steady_clock::now() >= last_ + limit) {
      end_ = draining ? pump_end::closed : pump_end::idle;
      break;
    }
    timer_.expires_at(last_ + limit);
    co_await timer_.async_wait(use_result);
  }
  // What still waits for bytes ends: without closing, so that the end can be said.
  finishing_ = true;
  error_code ignored;
  tls_.next_layer().cancel(ignored);
  plain_.cancel(ignored);
  while (under_way_ > 0) {
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(use_result);
  }
}

asio::awaitable<void> byte_pump::say_goodbye() {
  timer_.expires_after(goodbye_limit);
  // The handler may be queued already when the peer has confirmed, and run afterwards.
  timer_.async_wait([self = shared_from_this()](const error_code& ec) {
    if (!ec && !self->closed_)
      self->cut();
  });
  co_await tls_.async_shutdown(use_result);
}

} // namespace prism::net
