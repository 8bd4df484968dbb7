#pragma once

#include "core/backoff.hpp"
#include "db/embedded/embedded_postgres.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace prism {

/// How often the private server may end before that is given up.
struct private_server_limits {
  std::size_t restarts{5};
  std::chrono::seconds period{600};
  /// Between the end and the next start.
  backoff_options pause{.min = std::chrono::milliseconds{500},
                        .max = std::chrono::milliseconds{30'000}};
};

/// The private PostgreSQL of a node. A thread watches it: when it ends and nobody asked for that
/// (the OOM killer, a full disk), it is started again under the same connection string, which
/// recovers what was committed. When it ends too often, or cannot be started, `given_up` gets the
/// reason and nothing more is tried.
class private_server {
public:
  /// Called once at most, on the thread that watches.
  using give_up = std::function<void(std::string reason)>;

  /// Starts the server. Errors: those of `embedded_postgres::start`. Blocks.
  [[nodiscard]] static expected<std::unique_ptr<private_server>>
  start(db::embedded_options options, give_up given_up, private_server_limits limits = {});

  /// Calls `stop`.
  ~private_server();
  private_server(const private_server&) = delete;
  private_server& operator=(const private_server&) = delete;

  /// The same for the life of the object.
  [[nodiscard]] const std::string& conninfo() const noexcept { return conninfo_; }

  /// The main process of the server; 0 while there is none. Any thread.
  [[nodiscard]] pid_t pid() const;

  /// Ends the watch, then stops the server. Further calls do nothing.
  void stop();

private:
  private_server(db::embedded_options options, db::embedded_postgres server, give_up given_up,
                 private_server_limits limits);
  void watch(const std::stop_token& stopping);
  [[nodiscard]] std::optional<std::string> start_again(const std::stop_token& stopping);

  db::embedded_options options_;
  std::string conninfo_;
  give_up given_up_;
  private_server_limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_; // by a request to stop
  std::optional<db::embedded_postgres> server_;
  std::jthread watcher_; // the last member: it uses the others
};

} // namespace prism
