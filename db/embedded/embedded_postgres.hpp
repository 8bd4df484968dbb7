#pragma once

#include "core/error.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace prism::db {

/// Options of the private server.
struct embedded_options {
  /// Contains all files of the server: data/, run/ (the socket), server.log. Created if it does not
  /// exist; an existing one must be empty or created by an earlier start.
  std::filesystem::path directory;

  /// Directory of initdb and postgres; empty: see find_postgres().
  std::filesystem::path binaries;

  /// Part of the socket's name; the server listens on no network address. 1 to 65535.
  int port{5432};

  std::string superuser{"prism"};
  std::string database{"prism"};

  /// The user that the server runs as if this process is root, as which PostgreSQL does not run.
  std::string system_user{"postgres"};

  /// Settings of PostgreSQL, name and value; they override ours.
  std::vector<std::pair<std::string, std::string>> settings;

  std::vector<std::string> initdb_arguments;

  /// Time limit of the start, creation of the cluster or recovery included.
  std::chrono::milliseconds start_timeout{120'000};

  /// Time limit of the fast shutdown; after it the server is stopped immediately and recovers at
  /// the next start.
  std::chrono::milliseconds stop_timeout{60'000};

  /// Signal that the kernel sends to the server when this process ends, kill -9 included. SIGINT is
  /// PostgreSQL's fast shutdown: it ends the sessions, writes a checkpoint and exits, so the next
  /// start need not recover, as it would after SIGQUIT. start() waits for such an orphan to exit.
  int death_signal{SIGINT};

  /// Asked again and again while start() waits for the server; true ends it with `errc::cancelled`.
  /// Empty: never.
  std::function<bool()> interrupted{};
};

/// A private PostgreSQL server in a directory of its own. It listens on a Unix socket only, which
/// only its user and root can access. It stops with this object or when this process ends, for any
/// reason. Not thread-safe.
class embedded_postgres {
public:
  /// Creates the cluster if there is none, starts the server, waits until it accepts connections,
  /// and creates the database if there is none. Safe to repeat and to run concurrently: an
  /// interrupted initdb is repeated; a stale lock file is removed; a server that is already running
  /// in this directory is used and not stopped afterwards; one whose owner has died is waited for
  /// and replaced. Errors: not_found, io, timeout, invalid; they say what is missing and what to
  /// do. Blocks.
  [[nodiscard]] static expected<embedded_postgres> start(embedded_options options);

  /// As stop().
  ~embedded_postgres();
  embedded_postgres(embedded_postgres&&) noexcept;
  embedded_postgres& operator=(embedded_postgres&&) = delete;

  /// Connection string in key=value form, without a password: the socket's directory is private.
  [[nodiscard]] std::string conninfo() const;

  /// The same for another database of the server.
  [[nodiscard]] std::string conninfo(const std::string& database) const;

  /// Whether the server is running. It is not restarted: call start() again.
  [[nodiscard]] bool is_running() const;

  /// How the server ended: "signal 9 (SIGKILL)".
  [[nodiscard]] std::string end_text() const;

  /// The main process of the server.
  [[nodiscard]] pid_t pid() const noexcept;

  /// Stops the server if start() started it: fast shutdown, then immediate shutdown after
  /// `stop_timeout`. Further calls do nothing.
  void stop() noexcept;

private:
  struct state;
  explicit embedded_postgres(std::unique_ptr<state> started);
  std::unique_ptr<state> state_;
};

} // namespace prism::db
