#pragma once

#include "answering.hpp"
#include "http2_client.hpp"
#include "tests/unit/net/support/eventually.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace prism::net::test {

/// A TCP connection for a test that sends any bytes; blocks.
class raw_client {
public:
  using tcp = boost::asio::ip::tcp;

  explicit raw_client(std::uint16_t port) : socket(io_) {
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  /// False if the server has closed.
  bool send(std::string_view bytes) {
    boost::system::error_code ec;
    boost::asio::write(socket, boost::asio::buffer(bytes), ec);
    return !ec;
  }

  /// Whether the server closes; reads until then.
  [[nodiscard]] bool ends() {
    std::array<char, 4096> ignored{};
    boost::system::error_code ec;
    while (!ec)
      socket.read_some(boost::asio::buffer(ignored), ec);
    return true;
  }

private:
  boost::asio::io_context io_;

public:
  tcp::socket socket;
};

/// `http2_client` over TCP or TLS; blocks.
class socket_client {
public:
  /// @param ca empty: clear text. @param protocol offered by ALPN; empty: none
  explicit socket_client(std::uint16_t port, const std::string& ca = "",
                         const std::string& protocol = "h2")
      : plain_(port), context_(boost::asio::ssl::context::tls_client) {
    if (ca.empty())
      return;
    context_.load_verify_file(ca);
    context_.set_verify_mode(boost::asio::ssl::verify_peer);
    tls_ = std::make_unique<tls_stream>(plain_.socket, context_);
    const auto offered = static_cast<char>(protocol.size()) + protocol;
    if (!protocol.empty())
      SSL_set_alpn_protos(tls_->native_handle(),
                          reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
    tls_->handshake(tls_stream::client, failure);
  }

  /// Sends what is to be sent and receives until `done`. False if the server closed before.
  template <class Done>
  bool run_until(Done done) {
    while (true) {
      const auto bytes = http2.collect();
      if (!bytes.empty())
        write(bytes);
      if (done())
        return true;
      if (failure)
        return false;
      std::array<char, 65'536> in{};
      const auto buffer = boost::asio::buffer(in);
      const auto size =
          tls_ ? tls_->read_some(buffer, failure) : plain_.socket.read_some(buffer, failure);
      http2.receive({in.data(), size});
    }
  }

  response ask(const request& what) {
    const auto stream = http2.send(what);
    run_until([&] { return http2.responses[stream].closed; });
    return http2.responses[stream];
  }

  /// Sends a request and nothing more.
  std::int32_t begin(const request& what) {
    const auto stream = http2.send(what);
    write(http2.collect());
    return stream;
  }

  void close() { plain_.socket.close(); }

  http2_client http2;
  boost::system::error_code failure;

private:
  using tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  void write(const std::string& bytes) {
    const auto buffer = boost::asio::buffer(bytes);
    if (tls_)
      boost::asio::write(*tls_, buffer, failure);
    else
      boost::asio::write(plain_.socket, buffer, failure);
  }

  raw_client plain_;
  boost::asio::ssl::context context_;
  std::unique_ptr<tls_stream> tls_;
};

} // namespace prism::net::test
