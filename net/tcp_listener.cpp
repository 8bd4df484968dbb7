#include "net/tcp_listener.hpp"
#include "net/use_result.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Delay after a failed accept, which mostly means that the process has no file descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};

[[nodiscard]] expected<void> to_expected(const boost::system::error_code& ec,
                                         const listen_address& address) {
  if (ec)
    return fail(errc::io, "cannot listen on {}: {}", to_string(address), ec.message());
  return {};
}

} // namespace

expected<void> bind(tcp::acceptor& acceptor, const listen_address& address) {
  boost::system::error_code ec;
  const auto ip = asio::ip::make_address(address.address, ec);
  const tcp::endpoint endpoint(ip, address.port);
  if (!ec)
    acceptor.open(endpoint.protocol(), ec);
  // Otherwise a restart fails while old connections are in TIME_WAIT.
  if (!ec)
    acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec)
    acceptor.bind(endpoint, ec);
  return to_expected(ec, address);
}

expected<void> listen(tcp::acceptor& acceptor, const listen_address& address) {
  if (auto bound = bind(acceptor, address); !bound)
    return bound;
  boost::system::error_code ec;
  acceptor.listen(asio::socket_base::max_listen_connections, ec);
  return to_expected(ec, address);
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, std::function<void(tcp::socket)> admit) {
  asio::steady_timer pause(acceptor.get_executor());
  while (acceptor.is_open()) {
    auto [ec, socket] = co_await acceptor.async_accept(use_result);
    if (!acceptor.is_open())
      break;
    if (!ec) {
      admit(std::move(socket));
      continue;
    }
    pause.expires_after(accept_pause);
    co_await pause.async_wait(use_result);
  }
}

} // namespace prism::net
