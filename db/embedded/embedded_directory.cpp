#include "db/embedded/embedded_directory.hpp"

#include "core/errno_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace prism::db {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> known_entries{
    "data", "data.new", "run", "server.log", "owner", "lock", "server.log.1"};
constexpr mode_t private_mode = S_IRWXU;

// The user the server runs as.
uid_t server_uid(const std::optional<run_as>& user) {
  return user ? user->uid : ::geteuid();
}

expected<void> set_owner(const fs::path& path, const std::optional<run_as>& user) {
  if (user && ::lchown(path.c_str(), user->uid, user->gid) != 0)
    return fail(errc::io, "cannot change the owner of {} to {}: {}", path.string(), user->name,
                errno_text());
  return {};
}

expected<void> create_private(const fs::path& path, const std::optional<run_as>& user) {
  if (::mkdir(path.c_str(), private_mode) != 0 && errno != EEXIST)
    return fail(errc::io, "cannot create the directory {}: {}", path.string(), errno_text());
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    return fail(errc::io, "cannot read the attributes of {}: {}", path.string(), errno_text());
  if (!S_ISDIR(info.st_mode))
    return fail(errc::invalid, "{} is not a directory", path.string());
  if (user)
    if (auto owned = set_owner(path, user); !owned)
      return owned;
  if (!user && info.st_uid != ::geteuid())
    return fail(errc::invalid,
                "{} is owned by another user (uid {}): start as that user or as root, or choose "
                "another directory",
                path.string(), info.st_uid);
  if (::chmod(path.c_str(), private_mode) != 0)
    return fail(errc::io, "cannot change the mode of {}: {}", path.string(), errno_text());
  return {};
}

expected<void> check_is_embedded(const fs::path& root) {
  std::error_code error;
  if (!fs::exists(root, error))
    return {};
  if (!fs::is_directory(root, error))
    return fail(errc::invalid, "{} is not a directory", root.string());
  for (const auto& entry : fs::directory_iterator(root, error))
    if (std::ranges::find(known_entries, entry.path().filename().string()) == known_entries.end())
      return fail(
          errc::invalid,
          "{} contains {}, which is no part of a private PostgreSQL: choose an empty directory",
          root.string(), entry.path().filename().string());
  if (error)
    return fail(errc::io, "cannot read {}: {}", root.string(), error.message());
  return {};
}

// Changes the owner of a cluster that another user created (an earlier start without root).
expected<void> set_cluster_owner(const fs::path& data, const std::optional<run_as>& user) {
  struct stat info {};
  if (::lstat(data.c_str(), &info) != 0)
    return {};
  if (info.st_uid == server_uid(user))
    return {};
  if (!user)
    return fail(
        errc::invalid,
        "{} is owned by uid {}: another user created it, probably root for postgres; start as "
        "that user, or choose another directory",
        data.string(), info.st_uid);
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(data, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error))
    if (auto owned = set_owner(at->path(), user); !owned)
      return owned;
  if (error)
    return fail(errc::io, "cannot read {}: {}", data.string(), error.message());
  return set_owner(data, user);
}

std::size_t socket_path_length(const fs::path& directory, int port) {
  return (directory / fmt::format(".s.PGSQL.{}.lock", port)).string().size();
}

// In /tmp anybody may have created the directory before: an existing one must be private to the
// server's user.
expected<void> create_in_tmp(const fs::path& directory, const std::optional<run_as>& user) {
  if (::mkdir(directory.c_str(), private_mode) == 0)
    return set_owner(directory, user);
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0)
    return fail(errc::io, "cannot create the directory {}: {}", directory.string(), errno_text());
  if (!S_ISDIR(info.st_mode) || info.st_uid != server_uid(user) ||
      (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(errc::invalid, "{} exists but is not a private directory of the server's user",
                directory.string());
  return {};
}

expected<fs::path> create_socket_directory(const fs::path& root, int port,
                                           const std::optional<run_as>& user) {
  auto directory = root / "run";
  // A comma or an @ means something else in a host of libpq, and a quotation mark in PostgreSQL's
  // list of directories.
  const bool fits = socket_path_length(directory, port) < sizeof(sockaddr_un::sun_path) &&
                    directory.string().find_first_of(",@\"") == std::string::npos;
  // The name under /tmp is derived from the path, so that the next start finds it again.
  if (!fits)
    directory =
        fs::path("/tmp") / fmt::format("prism-{:016x}", std::hash<std::string>{}(root.string()));
  auto created = fits ? create_private(directory, user) : create_in_tmp(directory, user);
  if (!created)
    return tl::unexpected(std::move(created.error()));
  return directory;
}

bool may_enter(const struct stat& info, const run_as& user) {
  if (info.st_uid == user.uid)
    return (info.st_mode & S_IXUSR) != 0;
  const bool in_group =
      info.st_gid == user.gid || std::ranges::find(user.groups, info.st_gid) != user.groups.end();
  return (info.st_mode & (in_group ? S_IXGRP : S_IXOTH)) != 0;
}

} // namespace

fs::path first_closed_directory(const fs::path& path, const run_as& user) {
  fs::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    struct stat info {};
    if (::stat(so_far.c_str(), &info) == 0 && !may_enter(info, user))
      return so_far;
  }
  return {};
}

expected<embedded_paths> prepare_directory(const fs::path& directory, int port,
                                           const std::optional<run_as>& user) {
  std::error_code error;
  embedded_paths paths{fs::absolute(directory, error).lexically_normal(), {}};
  if (directory.empty() || error)
    return fail(errc::invalid, "no directory is given for the private PostgreSQL");
  if (!paths.root.has_filename())
    paths.root = paths.root.parent_path();
  if (paths.root.string().find_first_of("\r\n") != std::string::npos)
    return fail(errc::invalid, "the path of the private PostgreSQL contains a line break");
  if (auto checked = check_is_embedded(paths.root); !checked)
    return tl::unexpected(std::move(checked.error()));
  fs::create_directories(paths.root.parent_path(), error);
  if (error)
    return fail(errc::io, "cannot create the directory {}: {}", paths.root.parent_path().string(),
                error.message());
  if (auto created = create_private(paths.root, user); !created)
    return tl::unexpected(std::move(created.error()));
  if (user)
    if (const auto closed = first_closed_directory(paths.root, *user); !closed.empty())
      return fail(
          errc::invalid,
          "user {}, which the server runs as, cannot enter {}: choose another directory (for "
          "example /var/lib/prism), or run chmod o+x {}",
          user->name, closed.string(), closed.string());
  if (auto owned = set_cluster_owner(paths.data(), user); !owned)
    return tl::unexpected(std::move(owned.error()));
  auto socket_directory = create_socket_directory(paths.root, port, user);
  if (!socket_directory)
    return tl::unexpected(std::move(socket_directory.error()));
  paths.socket_directory = std::move(*socket_directory);
  return paths;
}

} // namespace prism::db
