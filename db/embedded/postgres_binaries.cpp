#include "db/embedded/postgres_binaries.hpp"

#include "db/embedded/child_process.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace prism::db {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds version_limit{20};

std::optional<int> number_in(std::string_view text) {
  const auto digit = text.find_first_of("0123456789");
  int value = 0;
  if (digit == std::string_view::npos ||
      std::from_chars(text.data() + digit, text.data() + text.size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

std::optional<std::string> output_of(std::vector<std::string> argv) {
  child_options options;
  options.argv = std::move(argv);
  options.environment = {"LC_ALL=C"};
  auto done = run_program(std::move(options), version_limit);
  if (!done || done->wait_status != 0)
    return std::nullopt;
  while (!done->output.empty() && done->output.back() == '\n')
    done->output.pop_back();
  return std::move(done->output);
}

// "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
std::optional<postgres_binaries> find_in(const fs::path& directory) {
  postgres_binaries found{directory, 0};
  if (::access(found.initdb().c_str(), X_OK) != 0 || ::access(found.postgres().c_str(), X_OK) != 0)
    return std::nullopt;
  const auto version = output_of({found.postgres().string(), "--version"});
  const auto major = version ? number_in(*version) : std::nullopt;
  if (!major)
    return std::nullopt;
  found.major_version = *major;
  return found;
}

std::vector<fs::path> debian_directories() {
  std::vector<std::pair<int, fs::path>> versions;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    versions.emplace_back(number_in(entry.path().filename().string()).value_or(0),
                          entry.path() / "bin");
  std::ranges::sort(versions, std::greater{});
  std::vector<fs::path> directories;
  directories.reserve(versions.size());
  for (auto& [major, directory] : versions)
    directories.push_back(std::move(directory));
  return directories;
}

std::vector<fs::path> path_directories() {
  std::vector<fs::path> directories;
  const char* variable = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): read at start
  std::string_view rest = variable != nullptr ? variable : "";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (end > 0)
      directories.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

std::optional<fs::path> pg_config_directory() {
  for (const auto& directory : path_directories()) {
    const auto program = directory / "pg_config";
    if (::access(program.c_str(), X_OK) == 0)
      if (auto output = output_of({program.string(), "--bindir"}))
        return fs::path(*output);
  }
  return std::nullopt;
}

} // namespace

expected<postgres_binaries> find_postgres(const fs::path& wanted, int major) {
  std::vector<fs::path> directories;
  if (!wanted.empty()) {
    directories.push_back(wanted);
  } else {
    directories = debian_directories();
    const auto rest = path_directories();
    directories.insert(directories.end(), rest.begin(), rest.end());
    if (auto configured = pg_config_directory())
      directories.push_back(std::move(*configured));
  }
  std::string rejected;
  for (const auto& directory : directories) {
    const auto found = find_in(directory);
    if (!found)
      continue;
    if (major == 0 ? found->major_version >= min_postgres_major : found->major_version == major)
      return *found;
    rejected += fmt::format("; {} has version {}", directory.string(), found->major_version);
  }
  if (!wanted.empty())
    return fail(errc::not_found,
                "no usable PostgreSQL server (initdb and postgres, version {}) in {}{}",
                major == 0 ? fmt::format("{} or newer", min_postgres_major) : std::to_string(major),
                wanted.string(), rejected);
  return fail(errc::not_found,
              "no PostgreSQL server (initdb and postgres, version {}) on this system: install the "
              "Debian package postgresql{}, or set DATABASE_URL to use another server{}",
              major == 0 ? fmt::format("{} or newer", min_postgres_major) : std::to_string(major),
              major == 0 ? std::string{} : fmt::format("-{}", major), rejected);
}

} // namespace prism::db
