#include "fault_proxy.hpp"

#include "net/io_thread.hpp"
#include "net/tcp_listener.hpp"
#include "net/use_result.hpp"
#include "session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <future>

namespace prism::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;
using net::use_result;

namespace {

constexpr std::chrono::milliseconds accept_pause{100};

[[nodiscard]] expected<session::endpoint> server_address(const std::string& text) {
  if (text.starts_with('/')) {
    if (text.size() > 107)
      return fail(errc::invalid, "'{}' is too long for the path of a socket", text);
    return asio::local::stream_protocol::endpoint(text);
  }
  const auto parsed = net::parse_listen_address(text);
  if (!parsed)
    return tl::unexpected(parsed.error());
  return tcp::endpoint(asio::ip::make_address(parsed->address), parsed->port);
}

} // namespace

class fault_proxy::impl {
public:
  impl(net::listen_address listen, session::endpoint server,
       std::function<void(const std::string&)> log)
      : listen_(std::move(listen)), server_(std::move(server)), acceptor_(thread_.context()),
        holder_(thread_.context()), pause_(thread_.context()) {
    state.log = std::move(log);
  }

  ~impl() {
    asio::post(thread_.context(), [this] {
      stop_listening();
      pause_.cancel();
      cut([](const session&) { return true; });
    });
    thread_.finish();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  expected<void> start() {
    if (auto held = hold_port(); !held)
      return held;
    if (auto listening = listen(); !listening)
      return listening;
    return thread_.start("the fault proxy");
  }

  expected<void> listen() {
    if (acceptor_.is_open())
      return {};
    if (auto listening = net::listen(acceptor_, listen_); !listening)
      return listening;
    asio::co_spawn(
        thread_.context(), [this] { return accept(); }, asio::detached);
    return {};
  }

  void stop_listening() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return listen_.port; }

  /// Runs a function on the thread and waits for it.
  template <class Work>
  auto order(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto done = task.get_future();
    asio::post(thread_.context(), [&task] { task(); });
    return done.get();
  }

  std::uint64_t cut(const std::function<bool(const session&)>& which) {
    std::uint64_t n = 0;
    for (auto* each : state.sessions)
      if (each->is_open() && which(*each)) {
        each->cut();
        ++n;
      }
    return n;
  }

  proxy_state state;

private:
  // Bound as long as the proxy exists and never listening: otherwise another process could get the
  // port while the proxy refuses connections. net::listen() can bind it as well.
  expected<void> hold_port() {
    if (auto bound = net::bind(holder_, listen_); !bound)
      return bound;
    listen_.port = holder_.local_endpoint().port();
    return {};
  }

  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_result);
      if (ec == asio::error::operation_aborted)
        break;
      if (ec) {
        state.say("accept: " + ec.message());
        pause_.expires_after(accept_pause);
        co_await pause_.async_wait(use_result);
        continue;
      }
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      auto one = std::make_shared<session>(std::move(socket), server_, state);
      asio::co_spawn(
          thread_.context(), [one] { return one->run(); }, asio::detached);
    }
  }

  net::listen_address listen_;
  session::endpoint server_;
  net::io_thread thread_;
  tcp::acceptor acceptor_;
  tcp::acceptor holder_;
  asio::steady_timer pause_;
};

expected<std::unique_ptr<fault_proxy>> fault_proxy::start(proxy_options options) {
  auto server = server_address(options.server);
  if (!server)
    return tl::unexpected(server.error());
  auto made =
      std::make_unique<impl>(std::move(options.listen), std::move(*server), std::move(options.log));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<fault_proxy>(new fault_proxy(std::move(made)));
}

fault_proxy::fault_proxy(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

fault_proxy::~fault_proxy() = default;

std::uint16_t fault_proxy::port() const noexcept {
  return impl_->port();
}

expected<void> fault_proxy::set(mode wanted) {
  return impl_->order([this, wanted]() -> expected<void> {
    auto& state = impl_->state;
    state.now = wanted;
    if (wanted == mode::refuse) {
      impl_->stop_listening();
      state.count.cut += impl_->cut([](const session&) { return true; });
      return {};
    }
    if (wanted == mode::pass)
      state.count.cut += impl_->cut([](const session& each) { return each.has_gap(); });
    return impl_->listen();
  });
}

void fault_proxy::delay(std::chrono::milliseconds each) {
  impl_->order([this, each] { impl_->state.delay = each; });
}

void fault_proxy::limit_commits(std::uint32_t per_second) {
  impl_->order([this, per_second] {
    impl_->state.commit_interval =
        per_second == 0 ? proxy_state::clock::duration{0}
                        : proxy_state::clock::duration{std::chrono::seconds{1}} / per_second;
    impl_->state.next_commit = {};
  });
}

void fault_proxy::cut() {
  impl_->order(
      [this] { impl_->state.count.cut += impl_->cut([](const session&) { return true; }); });
}

void fault_proxy::cut_before_commit(std::uint64_t n) {
  impl_->order([this, n] { impl_->state.cuts_before = n; });
}

void fault_proxy::cut_after_commit(std::uint64_t n) {
  impl_->order([this, n] { impl_->state.cuts_after = n; });
}

proxy_stats fault_proxy::stats() const {
  const auto& now = impl_->state.count;
  return {.connections = now.connections,
          .open = now.open,
          .unreachable = now.unreachable,
          .commits = now.commits,
          .delayed = now.delayed,
          .slowed = now.slowed,
          .cut = now.cut,
          .swallowed = now.swallowed,
          .cut_before_commit = now.cut_before_commit,
          .cut_after_commit = now.cut_after_commit};
}

std::string to_string(const proxy_stats& stats) {
  return fmt::format("connections={} open={} unreachable={} commits={} delayed={} slowed={} cut={} "
                     "swallowed={} cut_before_commit={} cut_after_commit={}",
                     stats.connections, stats.open, stats.unreachable, stats.commits, stats.delayed,
                     stats.slowed, stats.cut, stats.swallowed, stats.cut_before_commit,
                     stats.cut_after_commit);
}

} // namespace prism::proxy
