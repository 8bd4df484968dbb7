#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace prism::db {

/// The contents of the lock file postmaster.pid (src/include/utils/pidfile.h). A server that is
/// starting writes the first lines first.
struct postmaster_file {
  pid_t pid{};
  int port{};
  std::filesystem::path socket_directory;
  /// "starting", "ready", "standby" or "stopping"; empty if not written yet.
  std::string status;
};

/// Parses the text of a lock file; empty if it has no pid. Pure.
[[nodiscard]] std::optional<postmaster_file> parse_postmaster_file(std::string_view text);

/// Reads `data_directory`/postmaster.pid; empty if there is none.
[[nodiscard]] std::optional<postmaster_file>
read_postmaster_file(const std::filesystem::path& data_directory);

/// The processes whose working directory is `directory`. A server and its backends run in their
/// data directory, so this finds them without trusting the pid in a file, which may have been
/// reused. Sees the processes of the current user; as root, all.
[[nodiscard]] std::vector<pid_t> processes_in(const std::filesystem::path& directory);

/// Identifies a process: its pid, which may be reused, and its start time.
struct process_identity {
  pid_t pid{};
  unsigned long long start_ticks{};

  [[nodiscard]] bool operator==(const process_identity&) const = default;
};

/// Empty if there is no such process, or only a zombie.
[[nodiscard]] std::optional<process_identity> identify(pid_t pid);

/// Whether that process is still running.
[[nodiscard]] bool is_alive(const process_identity& process);

} // namespace prism::db
