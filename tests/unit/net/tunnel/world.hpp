#pragma once

#include "net/certificates/authority.hpp"
#include "net/certificates/certificate_file.hpp"
#include "net/io_thread.hpp"
#include "net/tunnel/tunnel_client.hpp"
#include "net/tunnel/tunnel_server.hpp"
#include "tests/unit/net/support/certificates.hpp"
#include "tests/unit/net/support/eventually.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace prism::net::test {

/// The value, or a failed test with the error.
template <class T>
T must(expected<T> answer) {
  if (!answer)
    FAIL(answer.error().message);
  return std::move(*answer);
}

inline void must(const expected<void>& answer) {
  if (!answer)
    FAIL(answer.error().message);
}

[[nodiscard]] inline std::chrono::sys_seconds now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A file and its key.
struct credentials {
  std::string certificate;
  std::string key;
};

/// A certificate authority in a directory of its own.
class test_authority {
public:
  explicit test_authority(const std::string& cluster = "test")
      : it(must(authority::create(directory_.file("ca"), cluster, now(), existing_file::keep))) {}

  [[nodiscard]] std::string file(const std::string& name) const {
    return it.directory() + "/" + name;
  }
  [[nodiscard]] std::string ca() const { return file("ca.crt"); }
  [[nodiscard]] std::string crl() const { return file("crl.pem"); }

  [[nodiscard]] credentials issue(const std::string& name, certificate_role role,
                                  std::vector<std::string> hosts = {}) {
    must(it.issue({.name = name, .role = role, .hosts = std::move(hosts)}, now(),
                  existing_file::keep));
    return {.certificate = file(name + ".crt"), .key = file(name + ".key")};
  }

  /// One that `prismctl` would not make.
  [[nodiscard]] credentials issue_odd(const certificate_request& request) const {
    const made_certificate own{must(read_certificate(ca())), must(read_key(file("ca.key")))};
    const auto made = must(make_certificate(own, request));
    credentials out{.certificate = file(request.name + ".crt"), .key = file(request.name + ".key")};
    must(write_whole_file(out.certificate, must(to_pem(made.certificate.get())),
                          file_readers::everyone, existing_file::keep));
    must(write_whole_file(out.key, must(to_pem(made.key.get())), file_readers::owner,
                          existing_file::keep));
    return out;
  }

private:
  temporary_directory directory_;

public:
  authority it;
};

/// What stands behind the tunnel: gives each connection to a function with a thread of its own.
class backend {
public:
  using tcp = boost::asio::ip::tcp;

  explicit backend(std::function<void(tcp::socket&)> serve)
      : serve_(std::move(serve)), acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this] { accept(); }) {}
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  ~backend() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (auto& each : sockets_)
        ::shutdown(each.native_handle(), SHUT_RDWR);
    }
    for (auto& each : threads_)
      each.join();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  /// Sends back what comes, until the end.
  static void echo(tcp::socket& socket) {
    std::array<char, 8192> buffer{};
    boost::system::error_code ec;
    while (!ec) {
      const auto count = socket.read_some(boost::asio::buffer(buffer), ec);
      if (!ec)
        boost::asio::write(socket, boost::asio::buffer(buffer.data(), count), ec);
    }
    socket.shutdown(tcp::socket::shutdown_both, ec);
  }

private:
  void accept() {
    boost::system::error_code ec;
    while (!ec) {
      tcp::socket socket(context_);
      acceptor_.accept(socket, ec);
      if (ec)
        break;
      const std::lock_guard lock(mutex_);
      auto& kept = sockets_.emplace_back(std::move(socket));
      threads_.emplace_back([this, &kept] { serve_(kept); });
    }
  }

  std::function<void(tcp::socket&)> serve_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::mutex mutex_;
  std::list<tcp::socket> sockets_;
  std::list<std::thread> threads_;
  std::thread thread_; // last: it uses the rest
};

/// A node's tunnel with an authority, a node's certificate and a backend, and what it reported.
class world {
public:
  /// @param messages for a backend to which CAF's protocol is spoken
  explicit world(tunnel_server_options options = {},
                 std::function<void(backend::tcp::socket&)> serve = backend::echo,
                 std::optional<message_rules> messages = std::nullopt)
      : behind(std::move(serve)), port_behind(behind.port()) {
    const auto own = ca.issue("node-1", certificate_role::node, {"127.0.0.1", "localhost"});
    options.ca_file = ca.ca();
    options.certificate_file = own.certificate;
    options.key_file = own.key;
    options.crl_file = ca.crl();
    options.node_id = "start 7";
    options.messages = std::move(messages);
    server = must(tunnel_server::start(
        std::move(options), {.backend_port = [this] { return port_behind.load(); },
                             .admitted =
                                 [this](const tunnel_peer& peer, const std::string& token) {
                                   const std::lock_guard lock(mutex_);
                                   present_.emplace(token, peer);
                                 },
                             .left =
                                 [this](const std::string& token) {
                                   const std::lock_guard lock(mutex_);
                                   present_.erase(token);
                                 }}));
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() { server.reset(); }

  /// Who is connected, by token.
  [[nodiscard]] std::map<std::string, tunnel_peer> present() const {
    const std::lock_guard lock(mutex_);
    return present_;
  }

  [[nodiscard]] tunnel_client_options options_for(const credentials& who) const {
    return {.host = "127.0.0.1",
            .port = server->port(),
            .ca_file = ca.ca(),
            .certificate_file = who.certificate,
            .key_file = who.key,
            .sender = "a test",
            .limit = patience};
  }

  [[nodiscard]] expected<std::unique_ptr<tunnel_client>> open(const credentials& who) const {
    return tunnel_client::open(options_for(who));
  }

  /// The sentence with which a client's attempt ends.
  [[nodiscard]] static std::string refusal(tunnel_client_options options) {
    const auto opened = tunnel_client::open(std::move(options));
    return opened ? "it was let in" : opened.error().message;
  }

  [[nodiscard]] std::uint64_t refused(tunnel_refusal reason) const {
    return server->stats().refused.at(static_cast<std::size_t>(reason));
  }

  /// A place whose authority is ours.
  test_authority ca;
  backend behind;
  std::atomic<std::uint16_t> port_behind;
  std::unique_ptr<tunnel_server> server;

private:
  mutable std::mutex mutex_;
  std::map<std::string, tunnel_peer> present_;
};

/// A connection to a port of this machine that blocks, from 127.0.0.1 or another loopback address.
class connection {
public:
  using tcp = boost::asio::ip::tcp;

  explicit connection(std::uint16_t port, const std::string& from = "127.0.0.1")
      : socket(context_) {
    socket.open(tcp::v4());
    socket.bind({boost::asio::ip::make_address_v4(from), 0});
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  void send(const std::string& text) { boost::asio::write(socket, boost::asio::buffer(text)); }

  /// Reads that many bytes; fewer at the end.
  [[nodiscard]] std::string receive(std::size_t count) {
    std::string out(count, '\0');
    boost::system::error_code ec;
    out.resize(boost::asio::read(socket, boost::asio::buffer(out), ec));
    return out;
  }

  /// Whether the other side has ended it; waits for that.
  [[nodiscard]] bool wait_for_end() {
    char byte{};
    boost::system::error_code ec;
    boost::asio::read(socket, boost::asio::buffer(&byte, 1), ec);
    return ec.failed();
  }

private:
  boost::asio::io_context context_;

public:
  tcp::socket socket;
};

/// A TLS client of our own making, which says what a test wants.
class raw_client {
public:
  raw_client(const world& to, const credentials& who)
      : plain(to.server->port()), context_(boost::asio::ssl::context::tls_client),
        stream(plain.socket, prepared(who)) {
    stream.handshake(boost::asio::ssl::stream_base::client);
  }

  void send(std::span<const std::byte> bytes) {
    boost::asio::write(stream, boost::asio::buffer(bytes.data(), bytes.size()));
  }

  /// All that comes until the end.
  [[nodiscard]] std::vector<std::byte> receive_all() {
    std::vector<std::byte> out;
    boost::system::error_code ec;
    while (!ec) {
      std::array<std::byte, 4096> buffer{};
      const auto count = stream.read_some(boost::asio::buffer(buffer), ec);
      out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return out;
  }

  connection plain;

private:
  boost::asio::ssl::context& prepared(const credentials& who) {
    if (!who.certificate.empty()) {
      context_.use_certificate_chain_file(who.certificate);
      context_.use_private_key_file(who.key, boost::asio::ssl::context::pem);
    }
    return context_;
  }

  boost::asio::ssl::context context_;

public:
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream;
};

} // namespace prism::net::test
