#pragma once

#include "core/error.hpp"
#include "db/embedded/child_process.hpp"

#include <filesystem>
#include <optional>

namespace prism::db {

/// The paths of an embedded server.
struct embedded_paths {
  std::filesystem::path root;
  std::filesystem::path socket_directory;

  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
  [[nodiscard]] std::filesystem::path unfinished_data() const { return root / "data.new"; }
  [[nodiscard]] std::filesystem::path log() const { return root / "server.log"; }
  [[nodiscard]] std::filesystem::path owner() const { return root / "owner"; }
  [[nodiscard]] std::filesystem::path lock() const { return root / "lock"; }
};

/// Creates the directories, owned by `user` (empty: the current user). If the path of the socket
/// would be too long for the system or has a character that libpq takes for something else, the
/// socket is placed in a private directory under /tmp. Errors: invalid for a path with a line
/// break, for a directory that contains other files, or that `user` cannot enter, naming the
/// directory to change; io.
[[nodiscard]] expected<embedded_paths> prepare_directory(const std::filesystem::path& directory,
                                                         int port,
                                                         const std::optional<run_as>& user);

/// The first directory on the way to `path`, itself included, that `user` may not enter according
/// to its mode bits; empty if there is none.
[[nodiscard]] std::filesystem::path first_closed_directory(const std::filesystem::path& path,
                                                           const run_as& user);

} // namespace prism::db
