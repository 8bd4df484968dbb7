#include "net/http/http_server.hpp"

#include "net/http/http_session.hpp"
#include "net/io_thread.hpp"
#include "net/tcp_listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <set>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
// Delay after a failed accept, which mostly means that the process has no file descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::uint32_t least_header_bytes = 64;

expected<void> validate(const http_server_options& options) {
  constexpr std::chrono::milliseconds zero{0};
  if (options.max_header_bytes < least_header_bytes)
    return fail(errc::invalid, "max_header_bytes is {}, must be at least {}",
                options.max_header_bytes, least_header_bytes);
  if (options.request_timeout <= zero || options.idle_timeout <= zero)
    return fail(errc::invalid, "request_timeout and idle_timeout must be positive");
  if (options.max_connections == 0)
    return fail(errc::invalid, "max_connections must be at least 1");
  return {};
}

} // namespace

class http_server::impl {
public:
  impl(http_server_options options, std::vector<http_route> routes)
      : state_{.options = std::move(options), .router = http_router(std::move(routes))},
        acceptor_(thread_.context()), pause_(thread_.context()) {}

  ~impl() { stop(); }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  expected<void> start() {
    if (auto listening = listen(acceptor_, state_.options.listen); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(
        thread_.context(), [this] { return accept(); }, asio::detached);
    return thread_.start("the HTTP server");
  }

  void stop() {
    asio::post(thread_.context(), [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      for (const auto& session : sessions_)
        session->cut();
    });
    thread_.finish();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const http_server_state& state() const noexcept { return state_; }

private:
  asio::awaitable<void> accept() {
    while (!stopping_) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_result);
      if (stopping_)
        break;
      if (ec) {
        pause_.expires_after(accept_pause);
        co_await pause_.async_wait(use_result);
        continue;
      }
      ++state_.connections;
      admit(std::move(socket));
    }
  }

  void admit(tcp::socket socket) {
    const bool serve = serving_ < state_.options.max_connections;
    if (!serve)
      ++state_.refused;
    if (sessions_.size() >= 2 * state_.options.max_connections)
      return;
    const auto session = std::make_shared<http_session>(std::move(socket), state_);
    sessions_.insert(session);
    serving_ += serve ? 1 : 0;
    state_.open = sessions_.size();
    asio::co_spawn(
        thread_.context(),
        [session, serve] { return serve ? session->serve() : session->refuse(); },
        [this, session, serve](const std::exception_ptr&) {
          sessions_.erase(session);
          serving_ -= serve ? 1 : 0;
          state_.open = sessions_.size();
        });
  }

  http_server_state state_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::set<std::shared_ptr<http_session>> sessions_;
  std::size_t serving_{0};
  std::uint16_t port_{0};
  bool stopping_{false};
};

expected<std::unique_ptr<http_server>> http_server::start(http_server_options options,
                                                          std::vector<http_route> routes) {
  if (auto valid = validate(options); !valid)
    return tl::unexpected(valid.error());
  auto made = std::make_unique<impl>(std::move(options), std::move(routes));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<http_server>(new http_server(std::move(made)));
}

http_server::http_server(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

http_server::~http_server() = default;

void http_server::stop() {
  impl_->stop();
}

std::uint16_t http_server::port() const noexcept {
  return impl_->port();
}

http_server_stats http_server::stats() const {
  const auto& state = impl_->state();
  http_server_stats stats{
      .connections = state.connections, .refused = state.refused, .open = state.open};
  for (std::size_t i = 0; i < std::size(stats.answers); ++i)
    stats.answers[i] = state.answers[i];
  return stats;
}

} // namespace prism::net
