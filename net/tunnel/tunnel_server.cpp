#include "net/tunnel/tunnel_server.hpp"

#include "log/log.hpp"
#include "net/certificate_reload.hpp"
#include "net/io_thread.hpp"
#include "net/origin.hpp"
#include "net/tcp_listener.hpp"
#include "net/tunnel/handshake_places.hpp"
#include "net/tunnel/tunnel_session.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <map>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

expected<void> validate(const tunnel_server_options& options, const tunnel_callbacks& callbacks) {
  constexpr std::chrono::milliseconds zero{0};
  if (options.max_clients == 0 || options.max_clients_per_name == 0 ||
      options.max_handshakes == 0 || options.max_handshakes_per_address == 0)
    return fail(errc::invalid, "the tunnel's numbers of connections must be at least 1");
  if (options.handshake_limit <= zero || options.idle_limit <= zero ||
      options.check_interval <= zero)
    return fail(errc::invalid, "the tunnel's times must be positive");
  if (!callbacks.backend_port || !callbacks.admitted || !callbacks.left)
    return fail(errc::invalid, "the tunnel's callbacks must be set");
  return {};
}

tunnel_files files_of(const tunnel_server_options& options) {
  return {.ca = options.ca_file,
          .certificate = options.certificate_file,
          .key = options.key_file,
          .crl = options.crl_file};
}

} // namespace

class tunnel_server::impl {
public:
  impl(tunnel_server_options options, tunnel_callbacks callbacks)
      : places_(options.max_handshakes, options.max_handshakes_per_address),
        certificate_(
            log::tunnel(), "tunnel",
            {options.ca_file, options.certificate_file, options.key_file, options.crl_file},
            [this] { return load_tls(); }),
        acceptor_(thread_.context()), check_timer_(thread_.context()) {
    state_.options = std::move(options);
    state_.callbacks = std::move(callbacks);
    state_.no_room = [this](const std::string& name) { return no_room(name); };
  }

  // NOLINTNEXTLINE(bugprone-exception-escape): without memory the process ends
  ~impl() { stop(); }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  expected<void> start() {
    if (auto loaded = load_tls(); !loaded)
      return loaded;
    if (state_.options.cluster.empty()) {
      auto cluster = cluster_of(state_.options.ca_file);
      if (!cluster)
        return tl::unexpected(cluster.error());
      state_.options.cluster = std::move(*cluster);
    }
    if (auto listening = listen(acceptor_, state_.options.listen); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(
        thread_.context(),
        [this] {
          return accept_all(acceptor_, [this](tcp::socket socket) { begin(std::move(socket)); });
        },
        asio::detached);
    asio::co_spawn(
        thread_.context(), [this] { return check(); }, asio::detached);
    return thread_.start("the tunnel");
  }

  void stop() {
    asio::post(thread_.context(), [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      check_timer_.cancel();
      for (const auto& [number, session] : sessions_)
        session->stop();
    });
    thread_.finish();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const tunnel_state& state() const noexcept { return state_; }
  [[nodiscard]] const certificate_reload& certificate() const noexcept { return certificate_; }

private:
  using number = std::uint64_t;

  expected<void> load_tls() {
    auto tls = make_tunnel_server_tls(files_of(state_.options));
    if (!tls)
      return tl::unexpected(tls.error());
    if (state_.options.node_name.empty())
      state_.options.node_name = tls->own.name;
    state_.tls = std::move(tls->context);
    state_.certificate_expires_at = tls->own.valid_until.time_since_epoch().count();
    return {};
  }

  void begin(tcp::socket socket) {
    const number connection = ++state_.connections;
    error_code gone; // the client may be
    const auto victim =
        places_.enter(connection, origin_of(socket.remote_endpoint(gone).address()));
    if (victim)
      sessions_.at(*victim)->cut(tunnel_refusal::evicted);
    const auto session = std::make_shared<tunnel_session>(std::move(socket), state_,
                                                          [this, connection] { over(connection); });
    sessions_.emplace(connection, session);
    count();
    asio::co_spawn(
        thread_.context(), [session] { return session->run(); },
        [this, connection](const std::exception_ptr&) {
          over(connection);
          sessions_.erase(connection);
          count();
        });
  }

  void over(number connection) {
    places_.leave(connection);
    count();
  }

  void count() {
    state_.handshaking = places_.size();
    state_.open = static_cast<std::uint64_t>(std::ranges::count_if(
        sessions_, [](const auto& each) { return !each.second->admitted_name().empty(); }));
  }

  std::string no_room(const std::string& name) const {
    std::size_t all = 0;
    std::size_t own = 0;
    for (const auto& [number, session] : sessions_) {
      all += session->admitted_name().empty() ? 0 : 1;
      own += session->admitted_name() == name ? 1 : 0;
    }
    if (all >= state_.options.max_clients)
      return fmt::format("{} clients are connected, which is the maximum", all);
    if (own >= state_.options.max_clients_per_name)
      return fmt::format("{} clients with certificates of the name '{}' are connected, which is "
                         "the maximum",
                         own, name);
    return {};
  }

  asio::awaitable<void> check() {
    while (!stopping_) {
      check_timer_.expires_after(state_.options.check_interval);
      co_await check_timer_.async_wait(use_result);
      if (stopping_)
        break;
      certificate_.look();
      for (const auto& [number, session] : sessions_)
        session->check_certificate();
    }
  }

  tunnel_state state_;
  handshake_places<asio::ip::address> places_;
  certificate_reload certificate_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  asio::steady_timer check_timer_;
  std::map<number, std::shared_ptr<tunnel_session>> sessions_;
  std::uint16_t port_{0};
  bool stopping_{false};
};

expected<std::unique_ptr<tunnel_server>> tunnel_server::start(tunnel_server_options options,
                                                              tunnel_callbacks callbacks) {
  if (auto valid = validate(options, callbacks); !valid)
    return tl::unexpected(valid.error());
  auto made = std::make_unique<impl>(std::move(options), std::move(callbacks));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<tunnel_server>(new tunnel_server(std::move(made)));
}

tunnel_server::tunnel_server(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

tunnel_server::~tunnel_server() = default;

void tunnel_server::stop() {
  impl_->stop();
}

std::uint16_t tunnel_server::port() const noexcept {
  return impl_->port();
}

const std::string& tunnel_server::cluster() const noexcept {
  return impl_->state().options.cluster;
}

tunnel_server_stats tunnel_server::stats() const {
  const auto& state = impl_->state();
  tunnel_server_stats out{.connections = state.connections,
                          .admitted = state.admitted,
                          .cut = state.cut,
                          .idle = state.idle,
                          .bad_messages = state.bad_messages,
                          .open = state.open,
                          .handshaking = state.handshaking,
                          .bytes_in = state.bytes.to_plain,
                          .bytes_out = state.bytes.to_tls,
                          .reloads = impl_->certificate().done(),
                          .failed_reloads = impl_->certificate().failed(),
                          .certificate_expires_at = state.certificate_expires_at};
  for (std::size_t i = 0; i < tunnel_refusal_count; ++i)
    out.refused.at(i) = state.refused.at(i);
  return out;
}

} // namespace prism::net
