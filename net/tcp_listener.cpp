#include "net/tcp_listener.hpp"

#include <boost/asio/ip/address.hpp>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

[[nodiscard]] expected<void> to_expected(const boost::system::error_code& ec,
                                         const listen_address& where) {
  if (ec)
    return fail(errc::io, "cannot listen on {}: {}", to_string(where), ec.message());
  return {};
}

} // namespace

expected<void> bind(tcp::acceptor& acceptor, const listen_address& where) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(where.address, ec);
  const tcp::endpoint endpoint(address, where.port);
  if (!ec)
    acceptor.open(endpoint.protocol(), ec);
  // A restart must not wait for the old connections' TIME_WAIT.
  if (!ec)
    acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec)
    acceptor.bind(endpoint, ec);
  return to_expected(ec, where);
}

expected<void> listen(tcp::acceptor& acceptor, const listen_address& where) {
  if (auto bound = bind(acceptor, where); !bound)
    return bound;
  boost::system::error_code ec;
  acceptor.listen(asio::socket_base::max_listen_connections, ec);
  return to_expected(ec, where);
}

} // namespace prism::net
