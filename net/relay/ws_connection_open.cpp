// Opening of a ws_connection: name resolution, TCP, TLS, WebSocket handshake.

#include "core/printable.hpp"
#include "net/relay/ws_connection.hpp"
#include "net/tls_peer.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/error.hpp>
#include <cstdint>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

// Addresses tried per attempt to connect: each must get a useful share of the time.
constexpr std::size_t max_addresses = 4;
// Bytes of a refused upgrade's body that the reason quotes.
constexpr std::size_t max_quoted_bytes = 200;

} // namespace

asio::awaitable<void> ws_connection::open(std::string target) {
  arm_deadline(options_.connect_timeout, disconnect_reason::connect_timeout,
               fmt::format("not connected to {}:{} within {} ms", url_.host, url_.port,
                           options_.connect_timeout.count()));
  auto addresses = co_await resolve();
  do {
    given_up_ = false;
    addresses = co_await connect_tcp(std::move(addresses));
    // An address that accepts connections and swallows what comes must leave time for the others.
    const auto now = steady_clock::now();
    if (!end_ && !addresses.empty())
      give_up_address_at(now + (deadline_.expiry() - now) /
                                   static_cast<std::int64_t>(addresses.size() + 1));
    if (!end_ && url_.tls)
      co_await handshake_tls();
    if (!end_ && !given_up_)
      co_await handshake_websocket(target);
    ++address_; // a timer whose handler is queued cannot be cancelled
    address_timer_.cancel();
  } while (!end_ && given_up_);
  if (!end_)
    disarm_deadline();
}

asio::awaitable<connect_race::endpoints> ws_connection::resolve() {
  const auto [ec, found] = co_await resolver_.async_resolve(
      url_.host, std::to_string(url_.port), asio::ip::resolver_base::numeric_service, use_result);
  if (ec)
    finish(disconnect_reason::resolve_failed,
           fmt::format("cannot resolve host '{}': {}", url_.host, ec.message()));
  connect_race::endpoints all;
  for (const auto& entry : found)
    all.push_back(entry.endpoint());
  auto out = connect_race::interleaved(all);
  out.resize(std::min(out.size(), max_addresses));
  co_return out;
}

// Opens `ws_` or ends. @returns the addresses that are left to be tried.
asio::awaitable<connect_race::endpoints> ws_connection::connect_tcp(connect_race::endpoints where) {
  if (end_)
    co_return where;
  race_ = std::make_shared<connect_race>(executor_, where);
  auto socket = co_await race_->run();
  const auto race = std::exchange(race_, nullptr);
  if (end_)
    co_return where;
  if (!socket) {
    finish(disconnect_reason::connect_failed,
           fmt::format("connect to {}:{}: {}", url_.host, url_.port, race->problem().message()));
    co_return where;
  }
  // Pings and pongs are small and must not be delayed by Nagle's algorithm.
  error_code ignored;
  socket->set_option(asio::ip::tcp::no_delay(true), ignored);
  ws_.emplace(std::move(*socket));
  co_return race->left();
}

void ws_connection::give_up_address_at(time_point when) {
  address_timer_.expires_at(when);
  address_timer_.async_wait([self = shared_from_this(), address = address_](error_code ec) {
    if (ec || self->end_ || self->address_ != address)
      return;
    self->given_up_ = true;
    error_code ignored;
    self->ws_->next_layer().next_layer().close(ignored);
  });
}

asio::awaitable<void> ws_connection::handshake_tls() {
  auto& tls = ws_->next_layer().enable_tls(tls_);
  if (!expect_peer(tls.native_handle(), url_.host)) {
    finish(disconnect_reason::tls_failed,
           fmt::format("TLS: '{}' cannot be verified as a host name", url_.host));
    co_return;
  }
  const auto [ec] = co_await tls.async_handshake(asio::ssl::stream_base::client, use_result);
  if (!ec || end_ || given_up_)
    co_return;
  finish(disconnect_reason::tls_failed,
         handshake_problem(tls.native_handle(), url_.host, ec.message()));
}

asio::awaitable<void> ws_connection::handshake_websocket(const std::string& target) {
  // Sizes are checked while reading, where the start of a rejected message is available.
  ws_->read_message_max(0);
  ws_->control_callback([this](websocket::frame_type, boost::beast::string_view) { heard(); });
  ws_->set_option(websocket::stream_base::decorator(
      [agent = options_.user_agent](websocket::request_type& request) {
        request.set(boost::beast::http::field::user_agent, agent);
      }));
  websocket::response_type answer;
  const std::string host = host_header(url_);
  const auto [ec] = co_await ws_->async_handshake(answer, host, target, use_result);
  if (!ec || end_ || given_up_)
    co_return;
  if (ec == websocket::error::upgrade_declined)
    finish(disconnect_reason::upgrade_refused,
           fmt::format("HTTP status {} instead of an upgrade: {}", answer.result_int(),
                       printable(answer.body(), max_quoted_bytes)));
  else if (ec == websocket::condition::handshake_failed)
    finish(disconnect_reason::upgrade_refused, "invalid response to the upgrade: " + ec.message());
  else
    finish(disconnect_reason::reset, "connection lost during the upgrade: " + ec.message());
}

} // namespace prism::net
