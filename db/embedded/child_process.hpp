#pragma once

#include "core/error.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace prism::db {

/// The system user that a program runs as.
struct run_as {
  std::string name;
  uid_t uid{};
  gid_t gid{};
  std::vector<gid_t> groups; ///< supplementary
};

/// Looks up a user in the system's user database. Error: not_found.
[[nodiscard]] expected<run_as> find_user(const std::string& name);

struct child_options {
  std::vector<std::string> argv;        ///< argv[0] is the program's absolute path; no shell
  std::vector<std::string> environment; ///< the whole environment, as NAME=value
  std::optional<run_as> user;           ///< requires root; empty: the current user
  std::filesystem::path directory{"/"}; ///< working directory
  std::filesystem::path output;         ///< stdout and stderr are appended to it; empty: discarded
  int output_fd{-1};                    ///< used instead of `output`; the caller keeps ownership

  /// Signal that the kernel sends to the child when this process ends for any reason, kill -9
  /// included; 0: none.
  int death_signal{0};
};

/// A program started without a shell, in a session of its own, so that Ctrl-C in the terminal does
/// not reach it. A dedicated thread starts and reaps it: Linux sends the death signal when the
/// parent *thread* ends, so that thread must live as long as the child.
class child_process {
public:
  /// Errors: io, naming what failed (user, directory, program).
  [[nodiscard]] static expected<child_process> start(const child_options& options);

  /// Kills the child with SIGKILL if it is still running.
  ~child_process();
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) = delete;

  [[nodiscard]] pid_t pid() const noexcept;

  /// Sends a signal, unless the child has been reaped already.
  void signal(int number) const noexcept;

  /// Waits for the child to end. @returns the wait status (see `exit_text`), or empty if it is
  /// still running after `limit`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;

private:
  struct state;
  explicit child_process(std::unique_ptr<state> started);
  std::unique_ptr<state> state_;
};

/// The result of a program that has ended.
struct finished_program {
  int wait_status{};
  std::string output;
};

/// Runs a program to its end. Errors: those of start(); timeout, after which the program is killed.
[[nodiscard]] expected<finished_program> run_program(child_options options,
                                                     std::chrono::milliseconds limit);

/// "exit code 1", "signal 9 (SIGKILL)".
[[nodiscard]] std::string exit_text(int wait_status);

} // namespace prism::db
