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

/// A system user to become before the program starts.
struct run_as {
  std::string name;
  uid_t uid{};
  gid_t gid{};
  std::vector<gid_t> groups; ///< supplementary
};

/// Looks a user up in the system's user database. Error: not_found.
[[nodiscard]] expected<run_as> find_user(const std::string& name);

struct child_options {
  std::vector<std::string> argv;        ///< argv[0] is the program's absolute path; no shell
  std::vector<std::string> environment; ///< all of it, as NAME=value
  std::optional<run_as> user;           ///< needs root
  std::filesystem::path directory{"/"}; ///< working directory
  std::filesystem::path output;         ///< stdout and stderr are appended here; empty: dropped
  int output_fd{-1};                    ///< instead of `output`; stays the caller's

  /// Sent by the kernel to the child when this process dies in any way, kill -9 included; 0: none.
  int death_signal{0};
};

/// A program started without a shell in a session of its own, so that the terminal's Ctrl-C does
/// not reach it. A thread of ours starts and reaps it: Linux ties the death signal to the parent
/// *thread*, which therefore has to live as long as the child.
class child_process {
public:
  /// Errors: io, with what failed (user, directory, program).
  [[nodiscard]] static expected<child_process> start(const child_options& options);

  /// Kills the child with SIGKILL if it still runs.
  ~child_process();
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) = delete;

  [[nodiscard]] pid_t pid() const noexcept;

  /// Sends a signal, unless the child has been reaped already.
  void signal(int number) const noexcept;

  /// Waits for the end. @returns the wait status (see `exit_text`), or nothing if it still runs.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;

private:
  struct state;
  explicit child_process(std::unique_ptr<state> started);
  std::unique_ptr<state> state_;
};

/// How a run of a program ended.
struct finished_program {
  int wait_status{};
  std::string output;
};

/// Starts a program and waits for its end. Errors: as start(), timeout (then it is killed).
[[nodiscard]] expected<finished_program> run_program(child_options options,
                                                     std::chrono::milliseconds limit);

/// "exit code 1", "signal 9 (SIGKILL)".
[[nodiscard]] std::string exit_text(int wait_status);

} // namespace prism::db
