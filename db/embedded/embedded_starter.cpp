#include "db/embedded/embedded_starter.hpp"

#include "db/embedded/directory_lock.hpp"
#include "db/embedded/postmaster.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/conninfo.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace prism::db {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds initdb_timeout{120'000};
/// How long an orphan may take to react to the death signal before SIGINT is sent.
constexpr milliseconds orphan_grace{2'000};
constexpr std::uintmax_t max_log_bytes = 10U << 20;
constexpr std::streamoff log_tail_bytes = 2'000;

std::string tail_of(const fs::path& log) {
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? std::streamoff(in.tellg()) : 0;
  in.seekg(std::max<std::streamoff>(0, size - log_tail_bytes));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> server_environment() {
  // Not inherited: PGDATA, PGPORT and the like would change what the programs do.
  return {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"};
}

std::optional<process_identity> read_owner(const embedded_paths& paths) {
  process_identity owner;
  std::ifstream in(paths.owner());
  if (in >> owner.pid >> owner.start_ticks)
    return owner;
  return std::nullopt;
}

void write_owner(const embedded_paths& paths) {
  if (const auto self = identify(::getpid()))
    std::ofstream(paths.owner(), std::ios::trunc) << self->pid << ' ' << self->start_ticks << '\n';
}

std::optional<int> cluster_version(const fs::path& data) {
  int version = 0;
  std::ifstream in(data / "PG_VERSION");
  if (in >> version)
    return version;
  return std::nullopt;
}

} // namespace

expected<void> embedded_starter::prepare() {
  if (options_.port < 1 || options_.port > 65535)
    return fail(errc::invalid, "port {} is not between 1 and 65535", options_.port);
  if (::geteuid() == 0) {
    auto user = find_user(options_.system_user);
    if (!user)
      return fail(errc::not_found,
                  "PostgreSQL does not run as root, and {}: install the Debian package postgresql, "
                  "which creates the user postgres, or start as another user",
                  user.error().message);
    if (user->uid == 0)
      return fail(errc::invalid, "PostgreSQL does not run as {}, which is root", user->name);
    user_ = std::move(*user);
  }
  auto paths = prepare_directory(options_.directory, options_.port, user_);
  if (!paths)
    return tl::unexpected(std::move(paths.error()));
  paths_ = std::move(*paths);
  socket_directory_ = paths_.socket_directory;
  port_ = options_.port;
  auto binaries = find_postgres(options_.binaries, cluster_version(paths_.data()).value_or(0));
  if (!binaries)
    return tl::unexpected(std::move(binaries.error()));
  binaries_ = std::move(*binaries);
  return {};
}

bool embedded_starter::is_running(pid_t pid) const {
  const auto living = processes_in(paths_.data());
  return std::ranges::find(living, pid) != living.end();
}

expected<bool> embedded_starter::adopt_running() {
  const auto file = read_postmaster_file(paths_.data());
  if (!file || !is_running(file->pid))
    return false;
  const auto owner = read_owner(paths_);
  if (file->status == "stopping" || (owner && !is_alive(*owner))) {
    if (auto stopped = wait_for_orphan(file->pid); !stopped)
      return tl::unexpected(std::move(stopped.error()));
    return false;
  }
  // The line with the socket is written a little later than the first ones.
  std::optional<postmaster_file> full;
  const bool listens = wait_until(until_, [&] {
    full = read_postmaster_file(paths_.data());
    return !full || !full->socket_directory.empty() || full->status == "ready";
  });
  if (!listens || !full || full->socket_directory.empty())
    return fail(errc::invalid, "the server already running in {} (process {}) has no Unix socket",
                paths_.data().string(), file->pid);
  socket_directory_ = full->socket_directory;
  port_ = full->port;
  running_pid_ = full->pid;
  return true;
}

expected<void> embedded_starter::wait_for_orphan(pid_t pid) const {
  log::postgres().info(
      "[DB] waiting for the private PostgreSQL of an earlier run to stop (process {})", pid);
  const auto stopped = [&] { return processes_in(paths_.data()).empty(); };
  if (wait_until(std::min(until_, clock::now() + orphan_grace), stopped))
    return {};
  // It may have been started without a death signal, or have missed it.
  if (is_running(pid))
    ::kill(pid, SIGINT);
  if (wait_until(until_, stopped))
    return {};
  return fail(errc::timeout, "the PostgreSQL of an earlier run in {} (process {}) does not stop",
              paths_.data().string(), pid);
}

// PostgreSQL removes the file of a dead server itself, unless the pid in it is in use again.
// Whether any process still uses the data is determined from /proc, not from the file.
expected<void> embedded_starter::clear_stale_lock() const {
  const auto file = read_postmaster_file(paths_.data());
  if (!wait_until(until_, [&] { return processes_in(paths_.data()).empty(); }))
    return fail(errc::timeout, "processes of a dead PostgreSQL are still running in {}",
                paths_.data().string());
  if (!file || !identify(file->pid))
    return {};
  log::postgres().info("[DB] removing a stale postmaster.pid: process {} is another program now",
                       file->pid);
  std::error_code error;
  fs::remove(paths_.data() / "postmaster.pid", error);
  if (error)
    return fail(errc::io, "cannot remove the stale {}/postmaster.pid: {}", paths_.data().string(),
                error.message());
  return {};
}

expected<void> embedded_starter::create_cluster() const {
  if (cluster_version(paths_.data()))
    return {};
  std::error_code error;
  // Only a complete cluster gets the final name, so an incomplete one is never used.
  fs::remove_all(paths_.unfinished_data(), error);
  if (error)
    return fail(errc::io, "cannot remove {}: {}", paths_.unfinished_data().string(),
                error.message());
  log::postgres().info("[DB] creating a PostgreSQL {} cluster in {}", binaries_.major_version,
                       paths_.data().string());
  child_options child;
  child.argv = {binaries_.initdb().string(),
                "--pgdata=" + paths_.unfinished_data().string(),
                "--username=" + options_.superuser,
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=trust"};
  child.argv.insert(child.argv.end(), options_.initdb_arguments.begin(),
                    options_.initdb_arguments.end());
  child.environment = server_environment();
  child.user = user_;
  child.directory = paths_.root;
  child.death_signal = SIGKILL;
  auto done = run_program(std::move(child), initdb_timeout);
  if (!done)
    return tl::unexpected(std::move(done.error()));
  if (done->wait_status != 0)
    return fail(errc::io, "initdb failed with {}: {}", exit_text(done->wait_status), done->output);
  fs::rename(paths_.unfinished_data(), paths_.data(), error);
  if (error)
    return fail(errc::io, "cannot rename {}: {}", paths_.unfinished_data().string(),
                error.message());
  return {};
}

expected<child_process> embedded_starter::launch() const {
  std::error_code ignored;
  if (fs::file_size(paths_.log(), ignored) > max_log_bytes && !ignored)
    fs::rename(paths_.log(), paths_.log().string() + ".1", ignored);
  child_options child;
  child.argv = {binaries_.postgres().string(), "-D", paths_.data().string()};
  std::vector<std::pair<std::string, std::string>> settings{
      {"listen_addresses", ""},
      {"unix_socket_directories", '"' + socket_directory_.string() + '"'},
      {"unix_socket_permissions", "0700"},
      {"port", std::to_string(port_)},
      {"cluster_name", "prism"},
      // Compiled queries need memory that is written and executed, which prismd's unit forbids.
      {"jit", "off"},
      {"log_timezone", "UTC"},
      {"timezone", "UTC"}};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const auto& [name, value] : settings) {
    child.argv.emplace_back("-c");
    child.argv.push_back(fmt::format("{}={}", name, value));
  }
  child.environment = server_environment();
  child.user = user_;
  child.directory = paths_.root;
  child.output = paths_.log();
  child.death_signal = options_.death_signal;
  write_owner(paths_);
  return child_process::start(child);
}

expected<void> embedded_starter::wait_ready(const child_process* child) const {
  connect_options target;
  target.conninfo = conninfo("postgres");
  db_error last;
  std::optional<int> ended;
  const auto interrupted = [this] { return options_.interrupted && options_.interrupted(); };
  const bool ready = wait_until(until_, [&] {
    if (interrupted())
      return true;
    if (child != nullptr && (ended = child->wait(milliseconds{0})))
      return true;
    auto opened = connection::open(target);
    if (!opened)
      last = std::move(opened.error());
    return opened.has_value();
  });
  if (interrupted())
    return fail(errc::cancelled, "stopped while waiting for the private PostgreSQL");
  if (ended)
    return fail(errc::io, "the private PostgreSQL exited at start with {}; the end of {}:\n{}",
                exit_text(*ended), paths_.log().string(), tail_of(paths_.log()));
  if (!ready)
    return fail(errc::timeout,
                "the private PostgreSQL does not accept connections: {}; the end of {}:\n{}",
                last.message, paths_.log().string(), tail_of(paths_.log()));
  return {};
}

expected<void> embedded_starter::create_database() const {
  constexpr std::string_view duplicate_database = "42P04";
  connect_options target;
  target.conninfo = conninfo("postgres");
  auto admin = connection::open(target);
  if (!admin)
    return tl::unexpected(to_error(admin.error()));
  params name;
  name.text(options_.database);
  auto existing = admin->exec("select 1 from pg_catalog.pg_database where datname = $1", name);
  if (!existing)
    return tl::unexpected(to_error(existing.error()));
  if (!existing->empty())
    return {};
  auto quoted_name = admin->exec("select pg_catalog.quote_ident($1)", name);
  if (!quoted_name)
    return tl::unexpected(to_error(quoted_name.error()));
  auto created = admin->exec(fmt::format("create database {}", quoted_name->get_text(0, 0)));
  if (!created && created.error().sqlstate != duplicate_database)
    return tl::unexpected(to_error(created.error()));
  return {};
}

std::string embedded_starter::conninfo(const std::string& database) const {
  return fmt::format("host={} port={} user={} dbname={}", quoted_value(socket_directory_.string()),
                     port_, quoted_value(options_.superuser), quoted_value(database));
}

} // namespace prism::db
