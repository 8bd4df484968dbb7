#include "tests/support/pg_fixture.hpp"

#include "db/embedded/postmaster.hpp"
#include "db/pg/connection.hpp"
#include "db/schema/migrator.hpp"
#include "tests/support/server_file.hpp"
#include "tests/support/test_server.hpp"

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace prism::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_prefix = "prism-test-";

/// "prism-test-PID-START-N": whose directory it is, so that those of dead programs can be removed.
fs::path scratch_name() {
  static std::atomic<int> counter{0};
  const auto self = db::identify(::getpid()).value_or(db::process_identity{::getpid(), 0});
  return fs::temp_directory_path() /
         fmt::format("{}{}-{}-{}", name_prefix, self.pid, self.start_ticks, ++counter);
}

void remove_abandoned() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(name_prefix))
      continue;
    db::process_identity owner;
    const char* const end = name.data() + name.size();
    const auto pid = std::from_chars(name.data() + name_prefix.size(), end, owner.pid);
    if (pid.ec != std::errc{} || pid.ptr == end)
      continue;
    std::from_chars(pid.ptr + 1, end, owner.start_ticks);
    if (!db::is_alive(owner))
      fs::remove_all(entry.path(), ignored);
  }
}

/// Servers other than the run's are for one program.
constexpr int own_connections = 50;

std::atomic<bool> own_server_wanted{false};

constexpr std::chrono::minutes of_busy_machine{2};

db::connection connect(const std::string& conninfo,
                       std::chrono::minutes patience = of_busy_machine) {
  auto opened = db::connection::open({.conninfo = conninfo,
                                      .connect_timeout = patience,
                                      .default_timeout = patience,
                                      .cancel_grace = patience});
  if (!opened)
    throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

db::result run(db::connection& on, const std::string& sql) {
  auto done = on.exec(sql);
  if (!done)
    throw std::runtime_error(done.error().message);
  return std::move(*done);
}

void migrate(const std::string& conninfo) {
  auto on = connect(conninfo);
  if (const auto done = db::migrate(on); !done)
    throw std::runtime_error(done.error().message);
}

/// The server that this program uses, and the databases that it has made there.
class used_server {
public:
  static used_server& instance() {
    static used_server server;
    return server;
  }

  used_server(const used_server&) = delete;
  used_server& operator=(const used_server&) = delete;

  ~used_server() {
    if (own_ || made_.empty())
      return;
    try {
      auto admin = connect(conninfo(admin_database_name));
      for (const auto& name : made_)
        run(admin, "drop database if exists " + name + " with (force)");
    } catch (const std::exception& error) {
      std::fprintf(stderr, "a test's databases are not dropped: %s\n", error.what());
    }
  }

  [[nodiscard]] std::string conninfo(const std::string& database) const {
    return own_ ? own_->get().conninfo(database) : shared_ + " dbname=" + database;
  }

  [[nodiscard]] bool is_shared() const noexcept { return !own_; }

  /// A new database with the content of another one.
  [[nodiscard]] std::string make_database(const std::string& source) {
    static std::atomic<int> counter{0};
    const auto name = fmt::format("test_{}_{}_{}", identity_.pid, identity_.start_ticks, ++counter);
    auto admin = connect(conninfo(admin_database_name));
    // The default strategy writes every page to the WAL, at twice the cost.
    run(admin, fmt::format("create database {} template {} strategy file_copy", name, source));
    const std::lock_guard lock(mutex_);
    made_.push_back(name);
    return conninfo(name);
  }

private:
  used_server() {
    if (auto given = own_server_wanted ? std::string{} : server_of_run(); !given.empty())
      shared_ = std::move(given);
    else
      own_.emplace(own_connections);
  }

  /// Empty if no run of ctest has started one.
  [[nodiscard]] static std::string server_of_run() {
    const char* const directory = std::getenv(server_directory_variable);
    const auto owner = db::identify(::getppid());
    if (directory == nullptr || !owner)
      return {};
    const auto path = server_file_of(directory, *owner);
    const auto file = read_server_file(path);
    if (!file)
      return {};
    if (!db::is_alive(file->holder))
      throw std::runtime_error(fmt::format(
          "the PostgreSQL of this run of ctest is gone: process {}, which {} names, has ended",
          file->holder.pid, path.string()));
    return file->conninfo;
  }

  const db::process_identity identity_ =
      db::identify(::getpid()).value_or(db::process_identity{::getpid(), 0});
  std::optional<test_server> own_;
  std::string shared_;
  std::mutex mutex_;
  std::vector<std::string> made_;
};

} // namespace

std::string pg_fixture::fresh_database() {
  return used_server::instance().make_database("template0");
}

std::string pg_fixture::migrated_database() {
  auto& server = used_server::instance();
  if (server.is_shared())
    return server.make_database(migrated_template_name);
  auto made = fresh_database();
  migrate(made);
  return made;
}

std::string pg_fixture::kept_database(const std::string& name,
                                      const std::function<void(const std::string&)>& fill) {
  const auto& server = used_server::instance();
  constexpr std::chrono::minutes for_others_to_fill{20}; // ctest ends who waits for too long
  auto admin = connect(server.conninfo(admin_database_name), for_others_to_fill);
  // Until this connection closes, other programs wait here.
  run(admin, fmt::format("select pg_advisory_lock(hashtext('{}'))", name));
  if (run(admin, fmt::format("select from pg_database where datname = '{}'", name)).empty()) {
    const auto unfinished = name + "_unfinished"; // left over from a program that failed at it
    run(admin, fmt::format("drop database if exists {} with (force)", unfinished));
    run(admin, fmt::format("create database {} template template0", unfinished));
    migrate(server.conninfo(unfinished));
    fill(server.conninfo(unfinished));
    run(admin, fmt::format("alter database {} rename to {}", unfinished, name));
  }
  return server.conninfo(name);
}

std::string pg_fixture::admin_database() {
  return used_server::instance().conninfo(admin_database_name);
}

void pg_fixture::use_own_server() {
  own_server_wanted = true;
  if (used_server::instance().is_shared())
    throw std::logic_error("use_own_server() comes after a database of the run's server");
}

scratch_directory::scratch_directory() : path_(scratch_name()) {
  static const bool swept = (remove_abandoned(), true);
  static_cast<void>(swept);
  fs::create_directories(path_);
  // The server's user has to pass, whatever the umask is.
  fs::permissions(path_, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

} // namespace prism::test
