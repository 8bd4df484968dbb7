#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace prism::test {

/// A port of this machine at which nobody listens, and which nobody is given while this lives: it
/// is bound. A server that is told the port can listen there all the same, as all set SO_REUSEADDR.
class held_port {
public:
  held_port() : holder_(context_, boost::asio::ip::tcp::v4()) {
    holder_.set_option(boost::asio::socket_base::reuse_address(true));
    holder_.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
  }

  [[nodiscard]] std::uint16_t number() const { return holder_.local_endpoint().port(); }
  [[nodiscard]] std::string relay_url() const {
    return "ws://127.0.0.1:" + std::to_string(number());
  }

private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor holder_;
};

} // namespace prism::test
