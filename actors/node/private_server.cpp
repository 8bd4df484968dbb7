#include "actors/node/private_server.hpp"

#include "core/one_line.hpp"
#include "log/log.hpp"

#include <deque>

namespace prism {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_interval{200};

} // namespace

expected<std::unique_ptr<private_server>> private_server::start(db::embedded_options options,
                                                                give_up given_up,
                                                                private_server_limits limits) {
  auto started = db::embedded_postgres::start(options);
  if (!started)
    return tl::unexpected(std::move(started.error()));
  options.interrupted = nullptr; // the caller's start is over
  return std::unique_ptr<private_server>(
      new private_server(std::move(options), std::move(*started), std::move(given_up), limits));
}

private_server::private_server(db::embedded_options options, db::embedded_postgres server,
                               give_up given_up, private_server_limits limits)
    : options_(std::move(options)), conninfo_(server.conninfo()), given_up_(std::move(given_up)),
      limits_(limits), server_(std::move(server)),
      watcher_([this](const std::stop_token& stopping) { watch(stopping); }) {}

private_server::~private_server() {
  stop();
}

pid_t private_server::pid() const {
  const std::scoped_lock lock(mutex_);
  return server_ ? server_->pid() : 0;
}

void private_server::stop() {
  watcher_.request_stop();
  if (watcher_.joinable())
    watcher_.join();
  if (server_)
    server_->stop();
}

void private_server::watch(const std::stop_token& stopping) {
  std::deque<clock::time_point> ends;
  backoff pause(limits_.pause);
  std::string why;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (woken_.wait_for(lock, stopping, poll_interval, [] { return false; }),
          stopping.stop_requested())
        return;
      if (server_ && server_->is_running())
        continue;
      if (server_)
        why = "it ended with " + server_->end_text();
      server_.reset();
    }
    while (!ends.empty() && clock::now() - ends.front() > limits_.period)
      ends.pop_front();
    if (ends.empty())
      pause.reset();
    if (ends.size() >= limits_.restarts) {
      given_up_(fmt::format("the private PostgreSQL has been started again {} times within {} s, "
                            "which did not help: {}",
                            limits_.restarts, limits_.period.count(), why));
      return;
    }
    ends.push_back(clock::now());
    const auto delay = pause.next(0.5);
    log::postgres().error("the private PostgreSQL is gone: {}; starting it again in {} ms", why,
                          delay.count());
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stopping, delay, [] { return false; });
    }
    if (stopping.stop_requested())
      return;
    if (auto failure = start_again(stopping))
      why = std::move(*failure);
  }
}

std::optional<std::string> private_server::start_again(const std::stop_token& stopping) {
  auto options = options_;
  options.interrupted = [&stopping] { return stopping.stop_requested(); };
  auto started = db::embedded_postgres::start(std::move(options));
  if (!started) // the message has the end of the server's log behind it
    return one_line(started.error().message);
  if (started->conninfo() != conninfo_) // a server that was not ours had another socket
    return fmt::format("it has moved to {}", started->conninfo());
  const std::scoped_lock lock(mutex_);
  server_.emplace(std::move(*started));
  return std::nullopt;
}

} // namespace prism
