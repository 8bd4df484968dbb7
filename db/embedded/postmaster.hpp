#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace prism::db {

/// What the lock file postmaster.pid says (src/include/utils/pidfile.h). A file that is just being
/// written has its first lines only.
struct postmaster_file {
  pid_t pid{};
  int port{};
  std::filesystem::path socket_directory;
  /// "starting", "ready", "standby", "stopping"; empty in a file of a server that has just begun.
  std::string status;
};

/// Reads the text of a lock file; nothing if it has no process number. Pure.
[[nodiscard]] std::optional<postmaster_file> parse_postmaster_file(std::string_view text);

/// Reads `data_directory`/postmaster.pid; nothing if there is none.
[[nodiscard]] std::optional<postmaster_file>
read_postmaster_file(const std::filesystem::path& data_directory);

/// The processes that work in `directory`. A server and all its backends have their data directory
/// as working directory, so this finds the living ones without trusting a number in a file, which
/// another process may have by now. Sees the processes of this user; as root, all.
[[nodiscard]] std::vector<pid_t> processes_in(const std::filesystem::path& directory);

/// Names one process for good: its number and its start time. A number alone is used again.
struct process_identity {
  pid_t pid{};
  unsigned long long start_ticks{};

  [[nodiscard]] bool operator==(const process_identity&) const = default;
};

/// Nothing if there is no such process, or only a dead one that its parent has not waited for.
[[nodiscard]] std::optional<process_identity> identify(pid_t pid);

/// Whether that very process still lives.
[[nodiscard]] bool is_alive(const process_identity& process);

} // namespace prism::db
