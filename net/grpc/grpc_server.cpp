#include "net/grpc/grpc_server.hpp"

#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "net/certificate_reload.hpp"
#include "net/grpc/grpc_session.hpp"
#include "net/grpc/grpc_tls.hpp"
#include "net/io_thread.hpp"
#include "net/socket_wait.hpp"
#include "net/tcp_listener.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <future>
#include <map>
#include <utility>
#include <vector>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::minutes between_lines{1};
constexpr std::size_t kinds_of_lines = 32;
// A call's id is the number of its connection and, in these bits, of its stream.
constexpr unsigned stream_bits = 31;

expected<void> validate(const grpc_server_options& options, const grpc_handler& handler) {
  constexpr std::chrono::milliseconds zero{0};
  if (options.certificate_file.empty() != options.key_file.empty())
    return fail(errc::invalid, "certificate_file and key_file: one of them is missing");
  if (options.max_connections == 0 || options.max_streams == 0)
    return fail(errc::invalid, "max_connections and max_streams must be at least 1");
  if (options.max_connection_bytes / 2 < options.max_message_bytes)
    return fail(errc::invalid,
                "max_connection_bytes is {}, must be at least twice "
                "max_message_bytes, which is {}",
                options.max_connection_bytes, options.max_message_bytes);
  if (options.stall_timeout <= zero || options.idle_timeout <= zero ||
      options.certificate_interval <= zero)
    return fail(errc::invalid,
                "stall_timeout, idle_timeout and certificate_interval must be positive");
  if (!handler.on_call || !handler.on_cancel)
    return fail(errc::invalid, "on_call and on_cancel must be set");
  return {};
}

} // namespace

class grpc_server::impl {
public:
  impl(grpc_server_options options, grpc_handler handler)
      : options_(std::move(options)), handler_(std::move(handler)),
        certificate_(log::dataplane(), "data plane", {options_.certificate_file, options_.key_file},
                     [this] { return load_tls(); }),
        lines_(between_lines, kinds_of_lines), acceptor_(thread_.context()),
        timer_(thread_.context()), watch_timer_(thread_.context()) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory the process ends
  ~impl() { stop(); }

  expected<void> start() {
    if (!options_.certificate_file.empty())
      if (auto loaded = load_tls(); !loaded)
        return loaded;
    if (auto listening = listen(acceptor_, options_.listen); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    return thread_.start("gRPC");
  }

  void serve() {
    asio::co_spawn(
        thread_.context(),
        [this] {
          return accept_all(acceptor_, [this](tcp::socket socket) { admit(std::move(socket)); });
        },
        asio::detached);
    if (tls_)
      asio::co_spawn(
          thread_.context(), [this] { return watch_certificate(); }, asio::detached);
  }

  void answer(std::uint64_t id, grpc_answer with) {
    if (stopped_)
      return;
    asio::dispatch(thread_.context(), [this, id, with = std::move(with)]() mutable {
      const auto session = sessions_.find(id >> stream_bits);
      constexpr auto of_stream = (std::uint64_t{1} << stream_bits) - 1;
      if (session != sessions_.end())
        session->second->answer(static_cast<std::int32_t>(id & of_stream), std::move(with));
    });
  }

  void post(std::function<void()> work) {
    if (!stopped_)
      asio::post(thread_.context(), std::move(work));
  }

  void run_at(time_point when, std::function<void()> work) {
    if (stopped_)
      return;
    timer_.expires_at(when);
    timer_.async_wait([this, work = std::move(work)](const error_code& ec) {
      if (!ec && !stopped_)
        work();
    });
  }

  wait_end wait(int socket, short events, time_point until) {
    const bool ready = socket_.wait(socket, events, until, [this] { return stopped_.load(); });
    if (stopped_)
      return wait_end::stopped;
    return ready ? wait_end::ready : wait_end::not_yet;
  }

  void forget_socket() { socket_.forget(); }

  bool drain(std::chrono::milliseconds limit) {
    if (stopped_)
      return true;
    const auto waiting = std::make_shared<std::promise<bool>>();
    auto drained = waiting->get_future();
    asio::post(thread_.context(), [this, waiting] {
      drains_.push_back(waiting);
      draining_ = true;
      close_acceptor();
      for (const auto& [number, session] : copy_of_sessions())
        session->drain();
      check_drained();
    });
    return drained.wait_for(limit) == std::future_status::ready && drained.get();
  }

  void stop() {
    stopped_ = true;
    asio::post(thread_.context(), [this] {
      close_acceptor();
      timer_.cancel();
      watch_timer_.cancel();
      for (const auto& [number, session] : copy_of_sessions())
        session->cut();
      for (const auto& each : std::exchange(drains_, {}))
        each->set_value(false);
    });
    thread_.finish();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const grpc_counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const certificate_reload& certificate() const noexcept { return certificate_; }

private:
  using number = std::uint64_t;
  using session_map = std::map<number, std::shared_ptr<grpc_session>>;

  // A session may end while it is asked to.
  [[nodiscard]] session_map copy_of_sessions() const { return sessions_; }

  expected<void> load_tls() {
    auto made = make_grpc_tls(options_.certificate_file, options_.key_file);
    if (!made)
      return tl::unexpected(made.error());
    tls_ = std::move(*made);
    counters_.certificate_expires_at = expiry_of(*tls_);
    return {};
  }

  asio::awaitable<void> watch_certificate() {
    while (!stopped_) {
      watch_timer_.expires_after(options_.certificate_interval);
      co_await watch_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (!stopped_)
        certificate_.look();
    }
  }

  void close_acceptor() {
    error_code ignored;
    acceptor_.close(ignored);
  }

  void admit(tcp::socket socket) {
    const number connection = ++counters_.connections;
    if (!make_room())
      return;
    const auto session = std::make_shared<grpc_session>(
        std::move(socket), tls_, options_, counters_,
        grpc_session::owner{.events = {.call =
                                           [this, connection](std::int32_t stream, grpc_call call) {
                                             call.id = id_of(connection, stream);
                                             handler_.on_call(std::move(call));
                                           },
                                       .cancelled =
                                           [this, connection](std::int32_t stream) {
                                             handler_.on_cancel(id_of(connection, stream));
                                           }},
                            .changed = [this] { check_drained(); },
                            .failed = [this](const std::string& reason) { note(reason); }});
    sessions_.emplace(connection, session);
    counters_.open = sessions_.size();
    asio::co_spawn(
        thread_.context(), [session] { return session->run(); },
        [this, connection, session](const std::exception_ptr&) {
          session->cut(); // it may have thrown
          sessions_.erase(connection);
          counters_.open = sessions_.size();
          check_drained();
        });
  }

  // Whether one more connection may be served; ends another one for it if need be.
  bool make_room() {
    if (sessions_.size() < options_.max_connections)
      return true;
    ++counters_.refused;
    note("too many connections");
    const auto victim = std::ranges::min_element(sessions_, {}, [](const auto& each) {
      const auto& connection = each.second->connection();
      return std::pair(connection.used(), connection.used_since());
    });
    if (victim->second->connection().used() == grpc_connection::use::busy)
      return false;
    const auto session = victim->second; // its coroutine has a share of it as well
    sessions_.erase(victim);
    session->cut();
    return true;
  }

  [[nodiscard]] static std::uint64_t id_of(number connection, std::int32_t stream) noexcept {
    return connection << stream_bits | static_cast<std::uint64_t>(stream);
  }

  void note(const std::string& reason) {
    if (const auto left_out = lines_.allow(reason, steady_clock::now()))
      log::dataplane().warn("data plane: a connection was ended: {}{}", reason,
                            log::left_out_note(*left_out));
  }

  void check_drained() {
    if (!draining_ || drains_.empty() ||
        !std::ranges::all_of(sessions_, [](const auto& each) { return each.second->settled(); }))
      return;
    for (const auto& each : std::exchange(drains_, {}))
      each->set_value(true);
  }

  grpc_server_options options_;
  grpc_handler handler_;
  tls_context tls_; // of further connections
  certificate_reload certificate_;
  grpc_counters counters_;
  log::line_limit<std::string> lines_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  asio::steady_timer timer_; // of `run_at`
  asio::steady_timer watch_timer_;
  socket_wait socket_{thread_.context()};
  session_map sessions_;
  std::vector<std::shared_ptr<std::promise<bool>>> drains_; // who waits in `drain`
  std::uint16_t port_{0};
  std::atomic<bool> stopped_{false};
  bool draining_{false};
};

expected<std::unique_ptr<grpc_server>> grpc_server::start(grpc_server_options options,
                                                          grpc_handler handler) {
  if (auto valid = validate(options, handler); !valid)
    return tl::unexpected(valid.error());
  auto made = std::make_unique<impl>(std::move(options), std::move(handler));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<grpc_server>(new grpc_server(std::move(made)));
}

grpc_server::grpc_server(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

grpc_server::~grpc_server() = default;

void grpc_server::serve() {
  impl_->serve();
}

void grpc_server::answer(std::uint64_t id, grpc_answer answer) {
  impl_->answer(id, std::move(answer));
}

void grpc_server::post(std::function<void()> work) {
  impl_->post(std::move(work));
}

void grpc_server::run_at(time_point when, std::function<void()> work) {
  impl_->run_at(when, std::move(work));
}

grpc_server::wait_end grpc_server::wait(int socket, short events, time_point until) {
  return impl_->wait(socket, events, until);
}

void grpc_server::forget_socket() {
  impl_->forget_socket();
}

bool grpc_server::drain(std::chrono::milliseconds limit) {
  return impl_->drain(limit);
}

void grpc_server::stop() {
  impl_->stop();
}

std::uint16_t grpc_server::port() const noexcept {
  return impl_->port();
}

grpc_server_stats grpc_server::stats() const {
  const auto& from = impl_->counters();
  return {.connections = from.connections,
          .refused = from.refused,
          .protocol_errors = from.protocol_errors,
          .stalled = from.stalled,
          .bad_requests = from.bad_requests,
          .received_bytes = from.received_bytes,
          .sent_bytes = from.sent_bytes,
          .open = from.open,
          .calls = from.calls,
          .buffered_bytes = from.buffered_bytes,
          .reloads = impl_->certificate().done(),
          .failed_reloads = impl_->certificate().failed(),
          .certificate_expires_at = from.certificate_expires_at};
}

} // namespace prism::net
