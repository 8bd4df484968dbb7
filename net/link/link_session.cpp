#include "net/link/link_session.hpp"
#include "net/use_result.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::string_view ping = "ping";
constexpr std::string_view pong = "pong";

std::string why_lost(const error_code& ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated
             ? "the peer has closed the connection"
             : ec.message();
}

} // namespace

link_session::link_session(link_connection connection, const links_options& options,
                           std::shared_ptr<link_account> account, callbacks callbacks)
    : connection_(std::move(connection)), options_(options), account_(std::move(account)),
      callbacks_(std::move(callbacks)),
      pulse_({.ping_interval = options.ping_interval, .silence_limit = options.silence_limit},
             steady_clock::now()),
      timer_(connection_.stream->get_executor()),
      wake_(std::make_shared<asio::steady_timer>(connection_.stream->get_executor(),
                                                 asio::steady_timer::time_point::max())),
      outbox_(std::make_shared<link_outbox>(
          options.max_queued_bytes,
          [executor = connection_.stream->get_executor(), weak = std::weak_ptr(wake_)] {
            asio::post(executor, [weak] {
              if (const auto timer = weak.lock())
                timer->cancel();
            });
          })) {}

asio::awaitable<void> link_session::run() {
  const auto self = shared_from_this();
  const auto executor = connection_.stream->get_executor();
  asio::co_spawn(
      executor, [self] { return self->write(); }, asio::detached);
  asio::co_spawn(
      executor, [self] { return self->watch(); }, asio::detached);
  co_await read();
}

void link_session::end(link_end why, const std::string& text) {
  if (std::exchange(ended_, true))
    return;
  const auto self = shared_from_this();
  outbox_->close();
  timer_.cancel();
  wake_->cancel();
  error_code ignored;
  connection_.stream->next_layer().close(ignored);
  callbacks_.ended(*outbox_, why, text);
}

void link_session::check_certificate(asio::ssl::context& tls) {
  if (ended_)
    return;
  SSL* const native = connection_.stream->native_handle();
  if (const auto reason =
          refusal_now(tls, SSL_get0_peer_certificate(native), SSL_get_peer_cert_chain(native)))
    end(link_end::refused,
        fmt::format("its certificate is no longer valid ({})", to_string(*reason)));
}

asio::awaitable<void> link_session::read() {
  // What came with the hello's last record is in no buffer of ours.
  while (!ended_) {
    const auto space = reader_.space();
    const auto [ec, size] = co_await connection_.stream->async_read_some(
        asio::buffer(space.data(), space.size()), use_result);
    if (ended_)
      break;
    if (size > 0) {
      pulse_.heard(steady_clock::now());
      account_->bytes_in.fetch_add(size, std::memory_order_relaxed);
      reader_.filled(size);
      take_messages();
    }
    if (ec)
      end(link_end::lost, why_lost(ec));
  }
}

void link_session::take_messages() {
  while (!ended_) {
    const auto message = reader_.next();
    if (!message)
      end(link_end::malformed, message.error().message);
    else if (!*message)
      return;
    else
      take(**message);
  }
}

void link_session::take(const link_reader::found& message) {
  const auto& kind = message.head.at("kind").get_string();
  if (kind != ping && kind != pong) {
    account_->messages_in.fetch_add(1, std::memory_order_relaxed);
    callbacks_.received(message.head, message.payload);
    return;
  }
  const auto* const field = message.head.if_contains("number");
  boost::json::error_code none;
  const auto number = field != nullptr ? field->to_number<std::uint64_t>(none) : 0;
  if (field == nullptr || none) {
    end(link_end::malformed, "a ping or pong without a number");
  } else if (kind == ping) {
    send_own(pong, number);
  } else if (const auto took = pulse_.answered(number, steady_clock::now())) {
    account_->round_trip = std::chrono::duration_cast<std::chrono::microseconds>(*took).count();
  }
}

void link_session::send_own(std::string_view kind, std::uint64_t number) {
  auto head = encode_link_head({.head = {{"kind", kind}, {"number", number}}, .payload = {}});
  if (head && outbox_->push_first(std::move(*head)) == link_outbox::answer::overflow)
    end(link_end::overflow, "the peer pings without reading");
}

asio::awaitable<void> link_session::write() {
  while (!ended_) {
    const auto chunk = outbox_->next();
    if (chunk.empty()) {
      co_await wake_->async_wait(use_result);
      continue;
    }
    pulse_.writing(steady_clock::now());
    const auto [ec, size] = co_await connection_.stream->async_write_some(
        asio::buffer(chunk.data(), chunk.size()), use_result);
    pulse_.written();
    account_->bytes_out.fetch_add(size, std::memory_order_relaxed);
    outbox_->taken(size);
    if (ec)
      end(link_end::lost, why_lost(ec));
  }
}

asio::awaitable<void> link_session::watch() {
  while (!ended_) {
    const auto now = steady_clock::now();
    const auto finding = pulse_.check(now);
    if (finding == link_pulse::finding::silent)
      end(link_end::silent,
          fmt::format("nothing has come for {} ms", options_.silence_limit.count()));
    else if (finding == link_pulse::finding::stuck)
      end(link_end::silent,
          fmt::format("the peer has taken nothing for {} ms", options_.silence_limit.count()));
    if (ended_)
      break;
    if (const auto number = pulse_.ping_due(now))
      send_own(ping, *number);
    timer_.expires_at(pulse_.next_check());
    co_await timer_.async_wait(use_result);
  }
}

} // namespace prism::net
