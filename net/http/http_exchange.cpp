#include "net/http/http_exchange.hpp"

#include "net/http/address_guard.hpp"
#include "net/http/head_bytes.hpp"
#include "net/tls_peer.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Addresses tried per host.
constexpr std::size_t max_addresses = 3;

} // namespace

http_exchange::http_exchange(http_client& client, const endpoint_url& url, std::size_t max_bytes,
                             bool trusted, time_point deadline)
    : client_(client), url_(url), max_bytes_(max_bytes), trusted_(trusted), deadline_(deadline),
      timer_(client.context_) {
  client_.exchanges_.insert(this);
}

http_exchange::~http_exchange() {
  disarm();
  client_.exchanges_.erase(this);
  connected_to_.clear();
  leave_other_addresses();
}

asio::awaitable<expected<http_exchange::reply>> http_exchange::run() {
  const auto where = co_await find_addresses();
  if (!where)
    co_return tl::unexpected(where.error());
  if (auto connected = co_await connect(*where); !connected)
    co_return tl::unexpected(connected.error());
  co_return co_await send_request();
}

void http_exchange::cancel() {
  end(errc::cancelled, "stopped");
}

void http_exchange::end(errc code, std::string why) {
  if (!ended_)
    ended_ = error{code, std::move(why)};
  disarm();
  error_code ignored;
  if (race_)
    race_->cancel();
  if (stream_)
    stream_->next_layer().close(ignored);
}

tl::unexpected<error> http_exchange::reason(errc code, std::string otherwise) const {
  return tl::unexpected<error>(ended_ ? *ended_ : error{code, std::move(otherwise)});
}

// -- connecting ------------------------------------------------------------------------------

asio::awaitable<expected<http_exchange::addresses>> http_exchange::find_addresses() {
  addresses found;
  error_code not_an_address;
  const auto literal = asio::ip::make_address(url_.host, not_an_address);
  if (!not_an_address) {
    found.push_back(literal);
  } else {
    auto resolved = co_await client_.dns_.addresses(url_.host);
    if (ended_ || !resolved)
      co_return ended_ ? tl::unexpected(*ended_) : tl::unexpected(resolved.error());
    found = std::move(*resolved);
  }
  if (!trusted_ && !client_.options_.allow_private)
    std::erase_if(found, [](const auto& address) { return !is_public(address); });
  if (found.empty())
    co_return fail(errc::invalid, "'{}' has no public address", url_.host);
  co_return found;
}

// TCP and TLS, to the first of the addresses that does both in its share of the time.
asio::awaitable<expected<void>> http_exchange::connect(const addresses& where) {
  connect_race::endpoints all;
  for (const auto& address : where)
    all.emplace_back(address, url_.port);
  connect_race::endpoints left;
  for (const auto& each : connect_race::interleaved(all))
    if (left.size() < max_addresses && enter_address(each.address()))
      left.push_back(each);
  if (left.empty())
    co_return fail(errc::transient, "too many concurrent requests to the address of '{}'",
                   url_.host);
  for (;;) {
    cut_at(deadline_);
    auto others = co_await connect_tcp(std::move(left));
    if (!others)
      co_return tl::unexpected(others.error());
    left = std::move(*others);
    if (!url_.tls)
      break;
    // An address that accepts connections and swallows what comes must leave time for the others.
    bool late = false;
    const auto now = steady_clock::now();
    if (!left.empty())
      arm(now + (deadline_ - now) / static_cast<std::int64_t>(left.size() + 1), [this, &late] {
        error_code ignored;
        late = true;
        stream_->next_layer().close(ignored);
      });
    const auto secure = co_await handshake();
    disarm();
    if (!ended_ && late)
      continue;
    if (!secure)
      co_return secure;
    break;
  }
  cut_at(deadline_);
  leave_other_addresses();
  co_return expected<void>{};
}

// Opens `stream_`. @returns the addresses that are left to be tried.
asio::awaitable<expected<connect_race::endpoints>>
http_exchange::connect_tcp(connect_race::endpoints where) {
  race_ = std::make_shared<connect_race>(client_.context_.get_executor(), where);
  auto socket = co_await race_->run();
  const auto race = std::exchange(race_, nullptr);
  if (!socket || ended_)
    co_return reason(
        errc::io, fmt::format("connect to {}: {}", host_header(url_), race->problem().message()));
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);
  connected_to_ = socket->remote_endpoint(ignored).address().to_string();
  stream_.emplace(std::move(*socket));
  co_return race->left();
}

bool http_exchange::enter_address(const asio::ip::address& address) {
  if (trusted_)
    return true;
  auto name = address.to_string();
  const auto count = client_.per_address_.find(name);
  if (count != client_.per_address_.end() && count->second >= client_.options_.max_per_address)
    return false;
  ++client_.per_address_[name];
  entered_.push_back(std::move(name));
  return true;
}

void http_exchange::leave_other_addresses() {
  std::erase_if(entered_, [this](const std::string& name) {
    if (name == connected_to_)
      return false;
    const auto found = client_.per_address_.find(name);
    if (found != client_.per_address_.end() && --found->second == 0)
      client_.per_address_.erase(found);
    return true;
  });
}

void http_exchange::cut_at(time_point when) {
  arm(when, [this] {
    end(errc::timeout,
        fmt::format("{}: no complete response within the time limit", to_string(url_)));
  });
}

// A timer whose handler is queued cannot be cancelled, and the exchange may be destroyed before the
// handler runs: hence the shared generation number.
template <class Function>
void http_exchange::arm(time_point when, Function then) {
  timer_.expires_at(when);
  timer_.async_wait(
      [armed = armed_, number = ++*armed_, then = std::move(then)](error_code ec) mutable {
        if (!ec && number == *armed)
          then();
      });
}

void http_exchange::disarm() {
  ++*armed_;
  timer_.cancel();
}

asio::awaitable<expected<void>> http_exchange::handshake() {
  auto& tls = stream_->enable_tls(client_.tls_);
  if (!expect_peer(tls.native_handle(), url_.host))
    co_return fail(errc::invalid, "TLS: '{}' cannot be verified as a host name", url_.host);
  const auto [ec] = co_await tls.async_handshake(asio::ssl::stream_base::client, use_result);
  if (ec || ended_)
    co_return reason(errc::io, handshake_problem(tls.native_handle(), url_.host, ec.message()));
  co_return expected<void>{};
}

// -- request -----------------------------------------------------------------------------------

asio::awaitable<expected<http_exchange::reply>> http_exchange::send_request() {
  http::request<http::empty_body> request{http::verb::get, url_.target, 11};
  request.set(http::field::host, host_header(url_));
  request.set(http::field::user_agent, client_.options_.user_agent);
  request.set(http::field::accept, "*/*");
  request.keep_alive(false);
  const auto head = head_bytes(request.base());
  const auto [write_error, written] =
      co_await asio::async_write(*stream_, asio::buffer(head), use_result);
  static_cast<void>(written);
  if (write_error || ended_)
    co_return reason(errc::io, fmt::format("{}: {}", to_string(url_), write_error.message()));

  boost::beast::flat_buffer input;
  http::response_parser<http::string_body> parser;
  parser.header_limit(client_.options_.max_header_bytes);
  parser.body_limit(max_bytes_);
  const auto [read_error, count] = co_await http::async_read(*stream_, input, parser, use_result);
  static_cast<void>(count);
  disarm();
  if (ended_)
    co_return tl::unexpected(*ended_);
  if (read_error == http::error::body_limit || read_error == http::error::header_limit)
    co_return fail(errc::limit, "{}: the response is too large, at most {} bytes are allowed",
                   to_string(url_), max_bytes_);
  if (read_error)
    co_return fail(errc::io, "{}: {}", to_string(url_), read_error.message());
  auto& message = parser.get();
  co_return reply{{message.result_int(), std::move(message.body())},
                  std::string(message[http::field::location])};
}

} // namespace prism::net
