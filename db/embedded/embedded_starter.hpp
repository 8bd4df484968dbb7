#pragma once

#include "db/embedded/child_process.hpp"
#include "db/embedded/embedded_directory.hpp"
#include "db/embedded/embedded_postgres.hpp"
#include "db/embedded/postgres_binaries.hpp"

#include <optional>
#include <string>

namespace prism::db {

/// The steps of embedded_postgres::start(), in their order. Internal to db/.
class embedded_starter {
public:
  using clock = std::chrono::steady_clock;

  explicit embedded_starter(embedded_options options) : options_(std::move(options)) {}

  /// Finds user, directory and programs.
  [[nodiscard]] expected<void> prepare();

  /// Looks for a server that works in the directory already, and outwaits one without an owner.
  /// @returns whether there is one to use.
  [[nodiscard]] expected<bool> adopt_running();

  /// Sees to it that nothing is left of a dead server which would keep a new one from starting.
  [[nodiscard]] expected<void> clear_stale_lock() const;

  /// initdb, if there is no finished cluster.
  [[nodiscard]] expected<void> make_cluster() const;

  [[nodiscard]] expected<child_process> launch() const;

  /// @param child the server, if it is ours: its end is the end of waiting.
  [[nodiscard]] expected<void> wait_ready(const child_process* child) const;

  [[nodiscard]] expected<void> make_database() const;

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
