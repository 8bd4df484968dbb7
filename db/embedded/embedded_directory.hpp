#pragma once

#include "core/error.hpp"
#include "db/embedded/child_process.hpp"

#include <filesystem>
#include <optional>

namespace prism::db {

/// The places inside an embedded server's directory.
struct embedded_paths {
  std::filesystem::path root;
  std::filesystem::path socket_directory;

  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
  [[nodiscard]] std::filesystem::path unfinished_data() const { return root / "data.new"; }
  [[nodiscard]] std::filesystem::path log() const { return root / "server.log"; }
  [[nodiscard]] std::filesystem::path owner() const { return root / "owner"; }
  [[nodiscard]] std::filesystem::path lock() const { return root / "lock"; }
};

/// Makes the directories and gives them to `user` (nothing: to us). A socket path that would be too
/// long for the system goes to a directory under /tmp, which must be the server's alone.
/// Errors: invalid for a directory that holds other things or that `user` cannot reach, with the
/// part of the path that is in the way; io.
[[nodiscard]] expected<embedded_paths> prepare_directory(const std::filesystem::path& directory,
                                                         int port,
                                                         const std::optional<run_as>& user);

/// The first directory on the way to `path`, itself included, that `user` may not enter, by its
/// mode bits; empty if all can be.
[[nodiscard]] std::filesystem::path first_closed_directory(const std::filesystem::path& path,
                                                           const run_as& user);

} // namespace prism::db
