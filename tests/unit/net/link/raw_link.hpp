#pragma once

#include "linked.hpp"
#include "net/link/link_framing.hpp"
#include "net/link/link_hello.hpp"

namespace prism::net::test {

/// One end of a TLS connection that says what a test wants, and blocks.
class raw_link {
public:
  using tcp = boost::asio::ip::tcp;
  using stream = boost::asio::ssl::stream<tcp::socket>;

  /// Connects. @param who without files: without a certificate.
  raw_link(std::uint16_t port, const credentials& who)
      : context_(boost::asio::ssl::context::tls_client), it_(io_, prepared(who)) {
    it_.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
    it_.handshake(stream::client);
  }

  /// Takes the next connection of a listener.
  raw_link(tcp::acceptor& listener, const credentials& who)
      : context_(boost::asio::ssl::context::tls_server), it_(io_, prepared(who)) {
    context_.set_verify_mode(boost::asio::ssl::verify_none);
    listener.accept(it_.next_layer());
    it_.handshake(stream::server);
  }

  void send(std::span<const std::byte> bytes) {
    boost::asio::write(it_, boost::asio::buffer(bytes.data(), bytes.size()));
  }
  /// False if the other side has closed.
  bool try_send(std::span<const std::byte> bytes) {
    boost::system::error_code ec;
    boost::asio::write(it_, boost::asio::buffer(bytes.data(), bytes.size()), ec);
    return !ec;
  }
  void send(const link_message& message) {
    send(must(encode_link_head(message)));
    for (const auto& each : message.payload)
      send(*each);
  }

  /// The body of the hello that comes; empty if the connection ends instead.
  [[nodiscard]] std::vector<std::byte> hello() {
    std::vector<std::byte> out(hello_limits::head);
    boost::system::error_code ec;
    boost::asio::read(it_, boost::asio::buffer(out), ec);
    if (ec)
      return {};
    out.resize(must(parse_hello_head(out, link_magic)));
    boost::asio::read(it_, boost::asio::buffer(out), ec);
    return out;
  }
  [[nodiscard]] link_answer answer() { return must(parse_link_answer(hello())); }

  /// The kind of the next message; "" at the end.
  [[nodiscard]] std::string kind() {
    while (true) {
      auto found = must(reader_.next());
      if (found)
        return found->head.at("kind").as_string().c_str();
      const auto space = reader_.space();
      boost::system::error_code ec;
      const auto count = it_.read_some(boost::asio::buffer(space.data(), space.size()), ec);
      if (ec)
        return "";
      reader_.filled(count);
    }
  }

  /// Whether the other side has ended it; reads until then.
  [[nodiscard]] bool wait_for_end() {
    std::array<char, 4096> ignored{};
    boost::system::error_code ec;
    while (!ec)
      it_.read_some(boost::asio::buffer(ignored), ec);
    return true;
  }

private:
  boost::asio::ssl::context& prepared(const credentials& who) {
    if (!who.certificate.empty()) {
      context_.use_certificate_chain_file(who.certificate);
      context_.use_private_key_file(who.key, boost::asio::ssl::context::pem);
    }
    return context_;
  }

  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  link_reader reader_;

  stream it_;
};

} // namespace prism::net::test
