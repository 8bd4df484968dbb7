#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <thread>

namespace prism::test {

/// A real web server for tests, which can be told to be as bad as it gets. Every connection has a
/// thread, and one request; the handler writes raw bytes.
class web_server {
public:
  struct request {
    std::string target;
    std::string host; // without port
  };
  /// What a handler does with its connection.
  class connection {
  public:
    virtual ~connection() = default;
    /// False once the other end has gone.
    virtual bool write(const std::string& bytes) = 0;
    /// Does nothing until the client has gone or the server ends.
    virtual void hang() = 0;

    bool answer(int status, const std::string& body, const std::string& headers = "") {
      return write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
    }
  };
  using handler = std::function<void(const request&, connection&)>;

  /// @param certificate, key PEM files; both: https.
  explicit web_server(handler how, const std::string& certificate = "", const std::string& key = "")
      : handler_(std::move(how)),
        acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    if (!certificate.empty()) {
      tls_.emplace(boost::asio::ssl::context::tls_server);
      tls_->use_certificate_chain_file(certificate);
      tls_->use_private_key_file(key, boost::asio::ssl::context::pem);
    }
    thread_ = std::thread([this] { accept(); });
  }
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;
  ~web_server() {
    stopping_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    {
      const std::scoped_lock lock(mutex_);
      for (auto& each : clients_)
        if (each.socket.is_open())
          ::shutdown(each.socket.native_handle(), SHUT_RDWR);
    }
    for (auto& each : clients_)
      each.thread.join();
  }

  [[nodiscard]] std::string port() const {
    return std::to_string(acceptor_.local_endpoint().port());
  }
  /// Connections accepted.
  [[nodiscard]] std::size_t connections() const { return connections_; }
  /// Connections whose handler is at work.
  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] std::size_t max_open() const { return max_open_; }

private:
  using tcp = boost::asio::ip::tcp;

  struct client {
    explicit client(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::thread thread;
  };

  template <class Stream>
  class stream_connection : public connection {
  public:
    stream_connection(Stream& stream, tcp::socket& socket) : stream_(stream), socket_(socket) {}
    bool write(const std::string& bytes) override {
      boost::system::error_code ec;
      boost::asio::write(stream_, boost::asio::buffer(bytes), ec);
      return !ec;
    }
    void hang() override {
      char byte = 0;
      while (::recv(socket_.native_handle(), &byte, 1, 0) > 0) {
      }
    }

  private:
    Stream& stream_;
    tcp::socket& socket_;
  };

  void accept() {
    while (!stopping_) {
      boost::system::error_code ec;
      tcp::socket socket(context_);
      acceptor_.accept(socket, ec);
      if (ec || stopping_)
        return;
      const std::scoped_lock lock(mutex_);
      auto& made = clients_.emplace_back(std::move(socket));
      ++connections_;
      max_open_ = std::max<std::size_t>(max_open_, ++open_);
      made.thread = std::thread([this, &made] {
        serve(made.socket);
        --open_;
      });
    }
  }

  void serve(tcp::socket& socket) {
    if (tls_) {
      boost::asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
      boost::system::error_code ec;
      stream.handshake(boost::asio::ssl::stream_base::server, ec);
      if (!ec)
        talk(stream, socket);
    } else {
      talk(socket, socket);
    }
    ::shutdown(socket.native_handle(), SHUT_RDWR);
  }

  template <class Stream>
  void talk(Stream& stream, tcp::socket& socket) {
    boost::asio::streambuf input;
    boost::system::error_code ec;
    boost::asio::read_until(stream, input, "\r\n\r\n", ec);
    if (ec)
      return;
    std::istream lines(&input);
    std::string word;
    request asked;
    lines >> word >> asked.target;
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("Host: ", 0) == 0)
        asked.host = line.substr(6, line.find_first_of(":\r", 6) - 6);
    stream_connection<Stream> to(stream, socket);
    handler_(asked, to);
  }

  handler handler_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::optional<boost::asio::ssl::context> tls_;
  std::mutex mutex_;
  std::list<client> clients_;
  std::thread thread_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> max_open_{0};
  std::atomic<bool> stopping_{false};
};

} // namespace prism::test
