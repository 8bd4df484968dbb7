#include "tools/replay/replay_server.hpp"

#include "net/io_thread.hpp"
#include "net/tcp_listener.hpp"
#include "net/use_result.hpp"
#include "tools/replay/replay_log.hpp"
#include "tools/replay/replay_session.hpp"
#include "tools/replay/replay_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <set>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Delay after a failed accept, which mostly means that the process has no file descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};

expected<void> check_faults(const replay_options& options, std::size_t frames) {
  for (const auto& fault : options.faults)
    if (fault.at > frames)
      return fail(errc::invalid, "fault '{}': the corpus has only {} frames", to_string(fault),
                  frames);
  return {};
}

} // namespace

class replay_server::impl {
public:
  impl(std::unique_ptr<frame_source> frames, replay_options options, tls_context tls)
      : state_(std::move(frames), std::move(options)), tls_(std::move(tls)),
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
    return thread_.start("the replay server");
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

  [[nodiscard]] std::string url() const {
    const listen_address where{.address = state_.options.listen.address, .port = port_};
    return fmt::format("{}://{}", tls_ ? "wss" : "ws", to_string(where));
  }

  [[nodiscard]] const replay_state& state() const noexcept { return state_; }

private:
  asio::awaitable<void> accept() {
    while (!stopping_) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_result);
      if (stopping_)
        break;
      if (ec) {
        state_.say("accept: " + ec.message());
        pause_.expires_after(accept_pause);
        co_await pause_.async_wait(use_result);
        continue;
      }
      auto session = std::make_shared<replay_session>(std::move(socket), tls_, state_);
      sessions_.insert(session);
      asio::co_spawn(
          thread_.context(), [session] { return session->run(); },
          [this, session](const std::exception_ptr&) { sessions_.erase(session); });
    }
  }

  replay_state state_;
  const tls_context tls_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::set<std::shared_ptr<replay_session>> sessions_;
  std::uint16_t port_{0};
  bool stopping_{false};
};

expected<std::unique_ptr<replay_server>> replay_server::start(corpus frames,
                                                              replay_options options) {
  if (auto valid = check_faults(options, frames.size()); !valid)
    return tl::unexpected(valid.error());
  auto log = replay_log::make(std::move(frames), options.window);
  if (!log)
    return tl::unexpected(log.error());
  return serve(std::unique_ptr<frame_source>(std::move(*log)), std::move(options));
}

expected<std::unique_ptr<replay_server>> replay_server::serve(std::unique_ptr<frame_source> frames,
                                                              replay_options options) {
  tls_context tls;
  if (!options.tls_certificate_file.empty() || !options.tls_key_file.empty()) {
    auto made = make_server_tls(options.tls_certificate_file, options.tls_key_file);
    if (!made)
      return tl::unexpected(made.error());
    tls = std::move(*made);
  }
  auto made = std::make_unique<impl>(std::move(frames), std::move(options), std::move(tls));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<replay_server>(new replay_server(std::move(made)));
}

replay_server::replay_server(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

replay_server::~replay_server() = default;

void replay_server::stop() {
  impl_->stop();
}

std::uint16_t replay_server::port() const noexcept {
  return impl_->port();
}

std::string replay_server::url() const {
  return impl_->url();
}

replay_stats replay_server::stats() const {
  const auto& state = impl_->state();
  return {.connections = state.connections,
          .open = state.open,
          .frames_sent = state.frames_sent,
          .faults_fired = state.faults_fired,
          .served = state.served};
}

std::vector<replay_fault> replay_server::faults_left() const {
  return impl_->state().faults_left();
}

} // namespace prism::net
