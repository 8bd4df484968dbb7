#include "net/http/http_server.hpp"

#include "net/http/http_session.hpp"
#include "net/io_thread.hpp"
#include "net/origin.hpp"
#include "net/tcp_listener.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <map>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t least_header_bytes = 64;

expected<void> validate(const http_server_options& options) {
  constexpr std::chrono::milliseconds zero{0};
  if (options.max_header_bytes < least_header_bytes)
    return fail(errc::invalid, "max_header_bytes is {}, must be at least {}",
                options.max_header_bytes, least_header_bytes);
  if (options.request_timeout <= zero || options.idle_timeout <= zero)
    return fail(errc::invalid, "request_timeout and idle_timeout must be positive");
  if (options.max_connections == 0 || options.max_per_address == 0)
    return fail(errc::invalid, "max_connections and max_per_address must be at least 1");
  return {};
}

asio::ip::address origin_of(const tcp::socket& socket) {
  error_code gone; // the client may be
  return net::origin_of(socket.remote_endpoint(gone).address());
}

} // namespace

class http_server::impl {
public:
  impl(http_server_options options, std::vector<http_route> routes)
      : state_{.options = std::move(options), .router = http_router(std::move(routes))},
        acceptor_(thread_.context()) {}

  ~impl() { stop(); }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  expected<void> start() {
    if (auto listening = listen(acceptor_, state_.options.listen); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(
        thread_.context(),
        [this] {
          return accept_all(acceptor_, [this](tcp::socket socket) { admit(std::move(socket)); });
        },
        asio::detached);
    return thread_.start("the HTTP server");
  }

  void stop() {
    asio::post(thread_.context(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (const auto& [session, place] : sessions_)
        session->cut();
    });
    thread_.finish();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const http_server_state& state() const noexcept { return state_; }

private:
  struct place {
    asio::ip::address origin;
    bool served{false};
  };

  void admit(tcp::socket socket) {
    ++state_.connections;
    const auto origin = origin_of(socket);
    const bool serve = make_room(origin);
    if (!serve)
      ++state_.refused;
    if (!serve && refused_now() >= state_.options.max_connections)
      return;
    const auto session = std::make_shared<http_session>(std::move(socket), origin, state_);
    sessions_.emplace(session, place{origin, serve});
    state_.open = sessions_.size();
    asio::co_spawn(
        thread_.context(),
        [session, serve] { return serve ? session->serve() : session->refuse(); },
        [this, session](const std::exception_ptr&) {
          sessions_.erase(session); // unless evicted
          state_.open = sessions_.size();
        });
  }

  // Those that get 503 and are not closed yet.
  [[nodiscard]] std::size_t refused_now() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(sessions_, [](const auto& each) { return !each.second.served; }));
  }

  // True if a further connection of `origin` may be served; may cut another one for it.
  bool make_room(const asio::ip::address& origin) {
    const auto served = served_by_origin();
    const auto own = served.find(origin);
    if (own != served.end() && own->second >= state_.options.max_per_address)
      return evict(served, &origin);
    std::size_t all = 0;
    for (const auto& [address, count] : served)
      all += count;
    return all < state_.options.max_connections || evict(served, nullptr);
  }

  using counts = std::map<asio::ip::address, std::size_t>;

  [[nodiscard]] counts served_by_origin() const {
    counts out;
    for (const auto& [session, place] : sessions_)
      if (place.served)
        ++out[place.origin];
    return out;
  }

  // Cuts the connection that has waited longest for its client, of `only` or of the address that
  // has the most of those with such a connection. @returns whether there was one.
  bool evict(const counts& served, const asio::ip::address* only) {
    const auto now = steady_clock::now();
    auto victim = sessions_.end();
    std::pair<std::size_t, steady_clock::duration> most{};
    for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
      const auto& [session, place] = *each;
      const auto since = session->waiting_since(now);
      if (!since || !place.served || (only != nullptr && place.origin != *only))
        continue;
      const std::pair rank{served.at(place.origin), now - *since};
      if (victim == sessions_.end() || rank > most) {
        victim = each;
        most = rank;
      }
    }
    if (victim == sessions_.end())
      return false;
    victim->first->cut(); // its coroutine has a share of it
    sessions_.erase(victim);
    ++state_.evicted;
    return true;
  }

  http_server_state state_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  std::map<std::shared_ptr<http_session>, place> sessions_;
  std::uint16_t port_{0};
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
  http_server_stats stats{.connections = state.connections,
                          .refused = state.refused,
                          .evicted = state.evicted,
                          .open = state.open,
                          .streams = state.streams};
  for (std::size_t i = 0; i < std::size(stats.answers); ++i)
    stats.answers[i] = state.answers[i];
  return stats;
}

} // namespace prism::net
