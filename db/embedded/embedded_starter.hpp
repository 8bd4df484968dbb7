#pragma once

#include "db/embedded/child_process.hpp"
#include "db/embedded/embedded_directory.hpp"
#include "db/embedded/embedded_postgres.hpp"
#include "db/embedded/postgres_binaries.hpp"

#include <optional>
#include <string>

namespace prism::db {

/// The steps of embedded_postgres::start(), in order. Internal to db/embedded. Each blocks; errors
/// are those of start().
class embedded_starter {
public:
  using clock = std::chrono::steady_clock;

  explicit embedded_starter(embedded_options options) : options_(std::move(options)) {}

  /// Determines user, directories and programs.
  [[nodiscard]] expected<void> prepare();

  /// Looks for a server that is already running in the directory. One whose owner has died is
  /// waited for. @returns whether there is one to use
  [[nodiscard]] expected<bool> adopt_running();

  /// Waits for remaining processes of a dead server, and removes a lock file that would prevent a
  /// new one from starting.
  [[nodiscard]] expected<void> clear_stale_lock() const;

  /// Runs initdb if there is no complete cluster.
  [[nodiscard]] expected<void> create_cluster() const;

  /// Starts the server.
  [[nodiscard]] expected<child_process> launch() const;

  /// Waits until the server accepts connections.
  /// @param child the server, if it is owned; null otherwise
  [[nodiscard]] expected<void> wait_ready(const child_process* child) const;

  /// Creates the database if there is none.
  [[nodiscard]] expected<void> create_database() const;

  [[nodiscard]] const embedded_options& options() const noexcept { return options_; }
  [[nodiscard]] const embedded_paths& paths() const noexcept { return paths_; }
  [[nodiscard]] pid_t running_pid() const noexcept { return running_pid_; }
  [[nodiscard]] clock::time_point until() const noexcept { return until_; }
  [[nodiscard]] std::string conninfo(const std::string& database) const;

private:
  [[nodiscard]] expected<void> wait_for_orphan(pid_t pid) const;
  [[nodiscard]] bool is_running(pid_t pid) const;

  embedded_options options_;
  embedded_paths paths_;
  std::optional<run_as> user_;
  postgres_binaries binaries_;
  std::filesystem::path socket_directory_;
  int port_{};
  pid_t running_pid_{};
  clock::time_point until_{clock::now() + options_.start_timeout};
};

} // namespace prism::db
