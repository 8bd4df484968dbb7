#pragma once

#include "core/error.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace prism::db {

/// Settings of the private server.
struct embedded_options {
  /// Holds everything of the server: data/, run/ (the socket), server.log. Made if absent; one that
  /// exists must be empty or ours.
  std::filesystem::path directory;

  /// Where initdb and postgres are; empty: see find_postgres().
  std::filesystem::path binaries;

  /// Only names the socket, since the server listens on no network address. 1 to 65535.
  int port{5432};

  std::string superuser{"prism"};
  std::string database{"prism"};

  /// Whom the server runs as when we are root, which PostgreSQL refuses to be.
  std::string system_user{"postgres"};

  /// PostgreSQL's own settings, name and value; they overrule ours.
  std::vector<std::pair<std::string, std::string>> settings;

  std::vector<std::string> initdb_arguments;

  /// For a first start, and for one that recovers from a crash.
  std::chrono::milliseconds start_timeout{120'000};

  /// For the orderly stop; after it the server is stopped hard and recovers at the next start.
  std::chrono::milliseconds stop_timeout{60'000};

  /// What the kernel sends to the server when this process dies, kill -9 included. SIGINT is
  /// PostgreSQL's fast shutdown: it ends its sessions, writes a checkpoint and goes, so nothing is
  /// lost and the next start has nothing to recover. (SIGQUIT would make every crash of ours one of
  /// the database too.) start() waits for such an orphan to finish.
  int death_signal{SIGINT};
};

/// A private PostgreSQL server: unix socket only, in a directory of its own, whose socket only its
/// user and root can reach. It stops with this object, or with this process however it ends.
class embedded_postgres {
public:
  /// Makes the cluster if there is none, starts the server, waits until it accepts connections and
  /// makes the database if it is missing. Safe to repeat and to race: an interrupted initdb is done
  /// again, a stale lock file is dealt with, a server that runs in this directory already is used
  /// and then not stopped by us, one whose owner died is waited for and replaced.
  /// Errors say what is missing and what to do: not_found, io, timeout, invalid. Blocks.
  [[nodiscard]] static expected<embedded_postgres> start(embedded_options options);

  /// Stops the server if it is ours: fast shutdown, then immediate.
  ~embedded_postgres();
  embedded_postgres(embedded_postgres&&) noexcept;
  embedded_postgres& operator=(embedded_postgres&&) = delete;

  /// For libpq, in key=value form; no password, the socket's directory is the lock.
  [[nodiscard]] std::string conninfo() const;

  /// The same server, another database.
  [[nodiscard]] std::string conninfo(const std::string& database) const;

  /// False for a server that was running already.
  [[nodiscard]] bool is_owned() const noexcept;

  /// Whether it still works, ours or not. If it died it stays dead: start() a new one.
  [[nodiscard]] bool is_running() const;

  /// The server's main process.
  [[nodiscard]] pid_t pid() const noexcept;

  [[nodiscard]] const std::filesystem::path& log_file() const noexcept;

  /// Stops it now, if it is ours. Further calls do nothing.
  void stop() noexcept;

private:
  struct state;
  explicit embedded_postgres(std::unique_ptr<state> started);
  std::unique_ptr<state> state_;
};

} // namespace prism::db
