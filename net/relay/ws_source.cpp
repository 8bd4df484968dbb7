#include "net/relay/ws_source.hpp"

#include "net/endpoint_url.hpp"
#include "net/relay/oversize_guard.hpp"
#include "net/relay/ws_connection.hpp"
#include "net/relay/ws_source_counters.hpp"

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>

namespace prism::net {

namespace asio = boost::asio;

/// Members belong to the I/O thread unless stated otherwise.
class ws_source::impl final : public ws_connection_owner {
public:
  impl(ws_source_options options, endpoint_url url, tls_context tls, ws_source_callbacks callbacks)
      : options_(std::move(options)), url_(std::move(url)), tls_(std::move(tls)),
        callbacks_(std::move(callbacks)), backoff_(options_.backoff), retry_timer_(io_),
        random_(std::random_device{}()) {}

  // -- from any thread -----------------------------------------------------------------------

  expected<void> start_thread() {
    asio::co_spawn(
        io_, [this] { return live(); }, asio::detached);
    try {
      thread_ = std::thread([this]() noexcept { run(); });
    } catch (const std::system_error& e) {
      return fail(errc::io, "thread for the relay connection: {}", e.what());
    }
    return {};
  }

  void grant(std::uint32_t frames) {
    if (frames > 0 && credit_.fetch_add(frames) == 0)
      asio::post(io_, [this] {
        if (connection_)
          connection_->wake();
      });
  }

  void reconnect(std::string why) {
    asio::post(io_, [this, why = std::move(why)]() mutable {
      if (connection_)
        connection_->give_up(disconnect_reason::out_of_order, std::move(why));
    });
  }

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable())
      return;
    asio::post(io_, [this] {
      stopping_ = true;
      retry_timer_.cancel();
      if (connection_)
        connection_->close();
    });
    thread_.join();
  }

  [[nodiscard]] ws_source_stats stats() const {
    auto stats = counters_.snapshot(steady_clock::now());
    stats.credit = credit_;
    return stats;
  }

  // -- ws_connection_owner -------------------------------------------------------------------

  void opened() override {
    ++counters_.connects;
    counters_.connected = true;
    report_change({.state = source_state::connected, .cursor = cursor_});
  }

  bool has_credit() const override { return credit_ > 0; }

  void received(frame_bytes frame) override {
    --credit_;
    ++connection_frames_;
    gathered_bytes_ += frame->size();
    gathered_.push_back(std::move(frame));
    if (gathered_.size() >= options_.max_batch_frames ||
        gathered_bytes_ >= options_.max_batch_bytes)
      deliver();
  }

  void skipped(std::size_t bytes) override {
    ++counters_.bad_messages;
    if (callbacks_.on_bad_message)
      callbacks_.on_bad_message(bytes);
  }

  void stalled(bool now) override {
    counters_.stalled(now, steady_clock::now());
    sign(now ? relay_sign::not_read : relay_sign::read);
  }

  void heard() override { sign(relay_sign::heard); }

private:
  void sign(relay_sign what) {
    if (callbacks_.on_sign)
      callbacks_.on_sign(what);
  }

  // Frames are delivered when no handler is ready, so a batch contains all frames that have
  // arrived, and a single frame is not delayed.
  void run() noexcept {
    for (;;) {
      if (io_.poll() > 0)
        continue;
      deliver();
      if (io_.run_one() == 0)
        return;
    }
  }

  asio::awaitable<void> live() {
    while (!stopping_) {
      const auto cursor = ask_cursor();
      ++counters_.attempts;
      report_change({.state = source_state::connecting, .cursor = cursor});
      cursor_ = cursor;
      connection_frames_ = 0;
      connection_ =
          std::make_shared<ws_connection>(io_.get_executor(), options_, url_, tls_, *this);
      const auto begin = steady_clock::now();
      connection_end end = co_await connection_->run(subscribe_target(url_, cursor));
      connection_.reset();
      const auto wait = after(std::move(end), steady_clock::now() - begin);
      if (!wait)
        break;
      retry_timer_.expires_after(*wait);
      co_await retry_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  // Updates the counters after a connection. @returns the delay before the next attempt; empty if
  // stopping.
  std::optional<std::chrono::milliseconds> after(connection_end end,
                                                 steady_clock::duration lasted) {
    const bool was_open = counters_.connected.exchange(false);
    ++counters_.disconnects[static_cast<std::size_t>(end.reason)];
    if (stopping_)
      gathered_.clear();
    deliver();
    if (was_open &&
        (connection_frames_ >= ws_source_options::useful_frames || lasted >= options_.backoff.max))
      backoff_.reset();
    if (end.reason == disconnect_reason::oversized) {
      ++counters_.oversized;
      refused_head_ = std::move(end.head);
    }
    std::optional<std::chrono::milliseconds> wait;
    if (!stopping_)
      wait = backoff_.next(std::uniform_real_distribution<double>{0.0, 1.0}(random_));
    report_change({.state = source_state::disconnected,
                   .cursor = cursor_,
                   .reason = end.reason,
                   .text = std::move(end.text),
                   .retry_in = wait});
    return wait;
  }

  std::optional<std::int64_t> ask_cursor() {
    const auto cursor = callbacks_.next_cursor();
    if (refused_head_.empty())
      return cursor;
    const auto head = std::exchange(refused_head_, {});
    const auto times = guard_.refused(cursor);
    if (!guard_.stuck() || !callbacks_.on_oversized)
      return cursor;
    callbacks_.on_oversized({.cursor = cursor, .times = times, .head = head});
    return callbacks_.next_cursor();
  }

  void deliver() {
    if (gathered_.empty())
      return;
    ++counters_.batches;
    counters_.frames += gathered_.size();
    counters_.bytes += gathered_bytes_;
    gathered_bytes_ = 0;
    callbacks_.on_frames(std::exchange(gathered_, {}));
  }

  void report_change(const source_change& change) {
    if (callbacks_.on_state)
      callbacks_.on_state(change);
  }

  // -- state ---------------------------------------------------------------------------------

  const ws_source_options options_;
  const endpoint_url url_;
  const tls_context tls_;
  const ws_source_callbacks callbacks_;
  ws_source_counters counters_;          // any thread reads
  std::atomic<std::uint64_t> credit_{0}; // any thread adds, the I/O thread takes
  asio::io_context io_{1};               // any thread posts
  backoff backoff_;
  asio::steady_timer retry_timer_;
  std::mt19937 random_;
  oversize_guard guard_;
  std::vector<std::byte> refused_head_;
  std::vector<frame_bytes> gathered_;
  std::size_t gathered_bytes_{0};
  std::optional<std::int64_t> cursor_;
  std::size_t connection_frames_{0};
  std::shared_ptr<ws_connection> connection_;
  bool stopping_{false};
  std::mutex stop_mutex_; // guards the thread's end, for any thread
  std::thread thread_;
};

expected<std::unique_ptr<ws_source>> ws_source::start(ws_source_options options,
                                                      ws_source_callbacks callbacks) {
  if (auto valid = validate(options); !valid)
    return tl::unexpected(valid.error());
  if (!callbacks.on_frames || !callbacks.next_cursor)
    return fail(errc::invalid, "a ws_source needs the callbacks on_frames and next_cursor");
  auto url = parse_ws_url(options.relay_url);
  if (!url)
    return tl::unexpected(url.error());
  tls_context tls;
  if (url->tls) {
    auto made = make_client_tls(options.extra_ca_file);
    if (!made)
      return tl::unexpected(made.error());
    tls = std::move(*made);
  }
  auto made = std::make_unique<impl>(std::move(options), std::move(*url), std::move(tls),
                                     std::move(callbacks));
  if (auto started = made->start_thread(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<ws_source>(new ws_source(std::move(made)));
}

ws_source::ws_source(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}

ws_source::~ws_source() {
  stop();
}

void ws_source::grant(std::uint32_t frames) {
  impl_->grant(frames);
}

void ws_source::reconnect(std::string why) {
  impl_->reconnect(std::move(why));
}

void ws_source::stop() {
  impl_->stop();
}

ws_source_stats ws_source::stats() const {
  return impl_->stats();
}

} // namespace prism::net
