#include "net/tunnel/tunnel_client.hpp"

#include "net/io_thread.hpp"
#include "net/tcp_listener.hpp"
#include "net/tunnel/byte_pump.hpp"
#include "net/tunnel/own_connection.hpp"
#include "net/tunnel/tunnel_opening.hpp"
#include "net/use_result.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class tunnel_client::impl {
public:
  impl() : acceptor_(thread_.context()), local_(thread_.context()) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory the process ends
  ~impl() {
    asio::post(thread_.context(), [this] { cut(); });
    thread_.finish();
  }

  expected<void> open(tunnel_client_options options) {
    auto tls = make_tunnel_client_tls({.ca = options.ca_file,
                                       .certificate = options.certificate_file,
                                       .key = options.key_file,
                                       .crl = {}});
    if (!tls)
      return tl::unexpected(tls.error());
    if (options.cluster.empty()) {
      auto cluster = cluster_of(options.ca_file);
      if (!cluster)
        return tl::unexpected(cluster.error());
      options.cluster = std::move(*cluster);
    }
    if (auto listening = listen(acceptor_, listen_address{}); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    if (auto started = thread_.start("the tunnel"); !started)
      return started;
    auto opened = asio::co_spawn(thread_.context(),
                                 open_tunnel(thread_.context().get_executor(), std::move(options),
                                             std::move(*tls)),
                                 asio::use_future)
                      .get();
    if (!opened)
      return tl::unexpected(opened.error());
    tunnel_ = std::move(*opened);
    asio::co_spawn(
        thread_.context(), [this] { return serve(); }, asio::detached);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const server_hello& node() const noexcept { return tunnel_.node; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
  asio::awaitable<void> serve() {
    const bool taken = co_await accept_own(); // not in the if: see tunnel_session::serve
    if (taken) {
      pump_ = std::make_shared<byte_pump>(*tunnel_.stream, local_, bytes_,
                                          pump_limits{.idle = std::chrono::hours{24}});
      co_await pump_->run();
    }
    cut();
  }

  // Takes one connection, and listens no longer.
  asio::awaitable<bool> accept_own() {
    while (!ended_) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_result);
      if (ec)
        break;
      error_code gone;
      const auto ours = socket.local_endpoint(gone);
      const auto theirs = socket.remote_endpoint(gone);
      if (gone || !is_own_connection(ours, theirs).value_or(true))
        continue;
      local_ = std::move(socket);
      error_code ignored;
      acceptor_.close(ignored);
      local_.set_option(tcp::no_delay(true), ignored);
      co_return true;
    }
    co_return false;
  }

  void cut() {
    ended_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    if (tunnel_.stream)
      tunnel_.stream->next_layer().close(ignored);
    if (pump_)
      pump_->cut();
  }

  pump_counters bytes_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  tcp::socket local_;
  opened_tunnel tunnel_;
  std::shared_ptr<byte_pump> pump_;
  std::uint16_t port_{0};
  std::atomic<bool> ended_{false};
};

expected<std::unique_ptr<tunnel_client>> tunnel_client::open(tunnel_client_options options) {
  auto made = std::make_unique<impl>();
  if (auto opened = made->open(std::move(options)); !opened)
    return tl::unexpected(opened.error());
  return std::unique_ptr<tunnel_client>(new tunnel_client(std::move(made)));
}

tunnel_client::tunnel_client(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

tunnel_client::~tunnel_client() = default;

std::uint16_t tunnel_client::port() const noexcept {
  return impl_->port();
}

const server_hello& tunnel_client::node() const noexcept {
  return impl_->node();
}

bool tunnel_client::ended() const noexcept {
  return impl_->ended();
}

} // namespace prism::net
