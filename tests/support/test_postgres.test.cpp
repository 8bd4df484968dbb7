// The server that ctest starts for its test programs, and the databases on it.

#include "db/embedded/child_process.hpp"
#include "db/schema/migration.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/server_file.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <fmt/format.h>
#include <iterator>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <unistd.h>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

[[nodiscard]] std::string text(db::connection& on, const std::string& sql) {
  return std::string{must(on.exec(sql)).get_text(0, 0)};
}

[[nodiscard]] bool has_table(db::connection& on, const std::string& name) {
  return text(on, "select (to_regclass('" + name + "') is not null)::text") == "true";
}

/// test_postgres with us as its owner, as ctest is otherwise.
void command(const std::string& what, const fs::path& directory) {
  db::child_options child;
  child.argv = {PRISM_TEST_POSTGRES, what, directory.string()};
  child.environment = {"TMPDIR=" + fs::temp_directory_path().string(), "PATH=/usr/bin:/bin"};
  // It has us as its parent: run_program() starts it from a thread of ours.
  const auto done = db::run_program(std::move(child), 2min);
  REQUIRE(done);
  INFO(done->output);
  REQUIRE(done->wait_status == 0);
}

/// Waits until the process has ended.
class process_end {
public:
  explicit process_end(const db::process_identity& process)
      : fd_(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0U))) {
    REQUIRE(fd_ >= 0);
    REQUIRE(db::is_alive(process));
  }
  ~process_end() { ::close(fd_); }
  process_end(const process_end&) = delete;
  process_end& operator=(const process_end&) = delete;

  [[nodiscard]] bool comes() const {
    pollfd ended{fd_, POLLIN, 0};
    return ::poll(&ended, 1, 120'000) == 1;
  }

private:
  int fd_;
};

[[nodiscard]] fs::path our_file(const fs::path& directory) {
  return server_file_of(directory, db::identify(::getpid()).value());
}

[[nodiscard]] std::size_t entries(const fs::path& directory) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

} // namespace

TEST_CASE("every test gets a database of its own: an empty one, or one that is migrated") {
  auto empty = connect_to(pg_fixture::fresh_database());
  CHECK_FALSE(has_table(empty, "users"));
  must(empty.exec_script("create table mine ()"));
  auto other = connect_to(pg_fixture::fresh_database());
  CHECK_FALSE(has_table(other, "mine"));

  auto first = connect_to(pg_fixture::migrated_database());
  const auto all = std::to_string(db::embedded_migrations().size());
  CHECK(text(first, "select count(*)::text from schema_migrations") == all);
  must(first.exec_script("insert into users (did) values ('did:plc:mine')"));
  auto second = connect_to(pg_fixture::migrated_database());
  CHECK(text(second, "select count(*)::text from schema_migrations") == all);
  CHECK(text(second, "select count(*)::text from users") == "0");
}

TEST_CASE("a kept database is filled once") {
  int fills = 0;
  const auto name = fmt::format("kept_{}", ::getpid());
  const auto fill = [&](const std::string& conninfo) {
    ++fills;
    must(connect_to(conninfo).exec_script("insert into users (did) values ('did:plc:kept')"));
  };
  for (int i = 0; i < 2; ++i) {
    auto on = connect_to(pg_fixture::kept_database(name, fill));
    CHECK(text(on, "select did from users") == "did:plc:kept");
  }
  CHECK(fills == 1);
  // If it fails, the next one does it again.
  const auto fail = [](const std::string&) { throw std::runtime_error("no power"); };
  CHECK_THROWS_WITH(pg_fixture::kept_database(name + "_2", fail), "no power");
  auto on = connect_to(pg_fixture::kept_database(name + "_2", fill));
  CHECK(fills == 2);
}

TEST_CASE("test_postgres starts one server, replaces a dead one, and stops it") {
  const scratch_directory scratch;
  const auto file = our_file(scratch.path());
  command("start", scratch.path());
  const auto first = read_server_file(file);
  REQUIRE(first);
  const auto use = [](const server_file& server) {
    auto on = connect_to(server.conninfo + " dbname=" + admin_database_name);
    return text(on, "select current_setting('data_directory')");
  };
  const fs::path data_of_first = use(*first);
  command("start", scratch.path());
  CHECK(read_server_file(file) == first);

  {
    const process_end gone(first->holder);
    REQUIRE(::kill(first->holder.pid, SIGKILL) == 0);
    REQUIRE(gone.comes());
  }
  CHECK(read_server_file(file) == first); // stale
  command("start", scratch.path());
  const auto second = read_server_file(file);
  REQUIRE(second);
  CHECK(second->holder.pid != first->holder.pid);
  const fs::path data_of_second = use(*second);
  CHECK(data_of_second != data_of_first);
  CHECK_FALSE(fs::exists(data_of_first));

  command("stop", scratch.path());
  CHECK_FALSE(db::is_alive(second->holder));
  CHECK_FALSE(fs::exists(data_of_second));
  CHECK(entries(scratch.path()) == 0);
  command("stop", scratch.path()); // nothing to do
}

TEST_CASE("a server of test_postgres ends with its owner, and what the owner leaves is removed") {
  const scratch_directory scratch;
  db::child_options shell;
  shell.argv = {"/bin/sh", "-c", R"("$0" start "$1" && exec sleep 600)", PRISM_TEST_POSTGRES,
                scratch.path().string()};
  shell.environment = {"TMPDIR=" + fs::temp_directory_path().string(), "PATH=/usr/bin:/bin"};
  shell.death_signal = SIGKILL;
  auto owner = db::child_process::start(shell);
  REQUIRE(owner);
  const auto identity = db::identify(owner->pid());
  REQUIRE(identity);
  const auto file = server_file_of(scratch.path(), *identity);
  std::optional<server_file> server;
  const auto until = std::chrono::steady_clock::now() + 2min;
  while (!(server = read_server_file(file))) {
    REQUIRE_FALSE(owner->wait(10ms));
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  {
    const process_end gone(server->holder);
    owner->signal(SIGKILL);
    CHECK(gone.comes());
  }
  CHECK_FALSE(fs::exists(file));

  // As a holder that was killed leaves it.
  write_server_file(file, *server);
  command("start", scratch.path());
  CHECK_FALSE(fs::exists(file));
  command("stop", scratch.path());
  CHECK(entries(scratch.path()) == 0);
}
