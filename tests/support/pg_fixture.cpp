#include "tests/support/pg_fixture.hpp"

#include "db/embedded/embedded_postgres.hpp"
#include "db/embedded/postmaster.hpp"
#include "db/pg/connection.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

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

/// In the order of the members: the server stops before its directory goes.
class shared_server {
public:
  shared_server() {
    spdlog::default_logger(); // made before us, so that it is still there when the server stops
    db::embedded_options options;
    options.directory = directory_.path() / "pg";
    options.death_signal = SIGQUIT; // nobody will read this data again
    options.initdb_arguments = {"--no-sync"};
    options.settings = {{"fsync", "off"},
                        {"full_page_writes", "off"},
                        {"shared_buffers", "32MB"},
                        {"max_connections", "50"},
                        {"max_prepared_transactions", "4"},
                        {"deadlock_timeout", "50ms"}};
    auto started = db::embedded_postgres::start(std::move(options));
    if (!started)
      throw std::runtime_error("the test's PostgreSQL: " + started.error().message);
    server_.emplace(std::move(*started));
  }

  static shared_server& instance() {
    static shared_server server;
    return server;
  }

  [[nodiscard]] const db::embedded_postgres& get() const { return *server_; }

private:
  scratch_directory directory_;
  std::optional<db::embedded_postgres> server_;
};

} // namespace

std::string pg_fixture::fresh_database() {
  static std::atomic<int> counter{0};
  const auto& server = shared_server::instance().get();
  const std::string name = fmt::format("test_{}", ++counter);
  auto admin = db::connection::open({.conninfo = server.conninfo()});
  if (!admin)
    throw std::runtime_error(admin.error().message);
  if (auto made = admin->exec("create database " + name + " template template0"); !made)
    throw std::runtime_error(made.error().message);
  return server.conninfo(name);
}

std::string pg_fixture::admin_database() {
  return shared_server::instance().get().conninfo();
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
