#include "db/embedded/embedded_postgres.hpp"

#include "db/embedded/child_process.hpp"
#include "db/embedded/embedded_directory.hpp"
#include "db/embedded/postgres_binaries.hpp"
#include "db/embedded/postmaster.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using Catch::Contains;
using prism::test::connect_to;
using prism::test::must;
using prism::test::scratch_directory;

namespace fs = std::filesystem;

namespace {

embedded_options options_in(const fs::path& directory) {
  embedded_options options;
  options.directory = directory;
  options.initdb_arguments = {"--no-sync"};
  options.settings = {{"shared_buffers", "16MB"}, {"fsync", "off"}};
  return options;
}

embedded_postgres start(const embedded_options& options) {
  auto server = embedded_postgres::start(options);
  if (!server)
    FAIL(server.error().message);
  return std::move(*server);
}

std::string refusal(const embedded_options& options) {
  const auto server = embedded_postgres::start(options);
  REQUIRE_FALSE(server);
  return server.error().message;
}

void put_row(const embedded_postgres& server) {
  must(connect_to(server.conninfo())
           .exec_script("create table if not exists t (x int); insert into t values (1)"));
}

std::int64_t row_count(const embedded_postgres& server) {
  auto on = connect_to(server.conninfo());
  return must(on.exec("select count(*) from t")).get_int8(0, 0);
}

template <class Condition>
void eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (!condition())
    REQUIRE(std::chrono::steady_clock::now() < until);
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Another program that owns a server until it is killed.
struct holder {
  fs::path output;
  child_process program;
  pid_t server{};

  static child_process launch(const fs::path& output, const fs::path& directory) {
    child_options options;
    options.argv = {PRISM_PG_HOLDER, directory.string()};
    options.environment = {"PATH=/usr/bin:/bin"};
    options.output = output;
    options.death_signal = SIGKILL;
    auto started = child_process::start(options);
    REQUIRE(started);
    return std::move(*started);
  }

  holder(const scratch_directory& scratch, const fs::path& directory)
      : output(scratch.path() / "output"), program(launch(output, directory)) {
    eventually([this] {
      REQUIRE_FALSE(program.wait(0ms));
      const auto text = contents(output);
      const auto at = text.find("holding ");
      if (at == std::string::npos || text.find('\n', at) == std::string::npos)
        return false;
      server = std::stoi(text.substr(at + 8));
      return true;
    });
  }

  void kill() const {
    program.signal(SIGKILL);
    REQUIRE(program.wait(120s));
  }
};

} // namespace

TEST_CASE("an embedded server is private, unprivileged, and keeps its data between starts") {
  const scratch_directory scratch;
  const auto directory = scratch.path() / "a directory with 'quotes'";
  {
    const auto server = start(options_in(directory));
    CHECK(server.is_running());
    put_row(server);
    auto on = connect_to(server.conninfo());
    const auto shown =
        must(on.exec("select current_setting('listen_addresses'), current_user::text,"
                     " current_database()::text, current_setting('server_encoding'),"
                     " current_setting('shared_buffers'),"
                     " datcollate from pg_database where datname = 'prism'"));
    CHECK(shown.get_text(0, 0).empty());
    CHECK(shown.get_text(0, 1) == "prism");
    CHECK(shown.get_text(0, 2) == "prism");
    CHECK(shown.get_text(0, 3) == "UTF8");
    CHECK(shown.get_text(0, 4) == "16MB");
    CHECK(shown.get_text(0, 5) == "C.UTF-8");
    struct stat info {};
    REQUIRE(::stat((directory / "run").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    CHECK(info.st_uid != 0);
    REQUIRE(::stat(fmt::format("/proc/{}", server.pid()).c_str(), &info) == 0);
    CHECK(info.st_uid != 0);
  }
  CHECK(processes_in(directory / "data").empty());
  const auto again = start(options_in(directory));
  CHECK(row_count(again) == 1);
}

TEST_CASE("the path of the data may be any") {
  const scratch_directory scratch;
  const std::string name = GENERATE(
      "with a comma, and a space ", "somebody@host", "\"double\" and 'single'",
      "back\\slash $HOME `id` %s", "日本 =equals;semicolon#hash",
      "long/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, '\"");
  INFO(name);
  {
    const auto server = start(options_in(scratch.path() / name));
    put_row(server);
  }
  const auto again = start(options_in(scratch.path() / name));
  CHECK(row_count(again) == 1);
}

TEST_CASE("a path with a line break is refused") {
  const scratch_directory scratch;
  CHECK_THAT(refusal(options_in(scratch.path() / "two\nlines")), Contains("line break"));
}

TEST_CASE("a start ends when it is interrupted") {
  const scratch_directory scratch;
  auto options = options_in(scratch.path() / "pg");
  { const auto made = start(options); }
  options.interrupted = [] { return true; };
  const auto server = embedded_postgres::start(options);
  REQUIRE_FALSE(server);
  CHECK(server.error().code == errc::cancelled);
  CHECK(processes_in(scratch.path() / "pg" / "data").empty());
}

TEST_CASE("a server that is already running is used and left running") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  const auto first = start(options);
  {
    const auto second = start(options);
    CHECK(second.is_running());
    CHECK(second.pid() == first.pid());
    put_row(second);
  }
  CHECK(row_count(first) == 1);
}

TEST_CASE("concurrent starts in one directory start one server") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  auto one = std::async(std::launch::async, [&] { return embedded_postgres::start(options); });
  auto two = embedded_postgres::start(options);
  auto first = one.get();
  REQUIRE(first);
  REQUIRE(two);
  CHECK(first->pid() == two->pid());
}

TEST_CASE("a server does not outlive its owner, even one killed with SIGKILL") {
  const scratch_directory scratch;
  const auto directory = scratch.path() / "pg";
  const holder other(scratch, directory);
  REQUIRE(processes_in(directory / "data").size() > 1);
  other.kill();
  eventually([&] { return processes_in(directory / "data").empty(); });
}

TEST_CASE("a start right after a SIGKILL waits for the orphan and has its data") {
  const scratch_directory scratch;
  const auto directory = scratch.path() / "pg";
  for (int round = 1; round <= 3; ++round) {
    const holder other(scratch, directory);
    must(connect_to(fmt::format("host={} user=prism dbname=prism", (directory / "run").string()))
             .exec_script("create table if not exists t (x int); insert into t values (1)"));
    other.kill();
    fs::remove(other.output);
    const auto server = start(options_in(directory));
    CHECK(server.pid() != other.server);
    CHECK(row_count(server) == round);
  }
}

TEST_CASE("a server that was killed with SIGKILL recovers at the next start") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  {
    const auto server = start(options);
    put_row(server);
    REQUIRE(::kill(server.pid(), SIGKILL) == 0);
    eventually([&] { return !server.is_running(); });
  }
  const auto again = start(options);
  CHECK(row_count(again) == 1);
}

TEST_CASE("a stale lock file whose pid has been reused is removed") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  put_row(start(options));
  std::ofstream(options.directory / "data" / "postmaster.pid")
      << ::getpid() << '\n'
      << (options.directory / "data").string() << "\n1\n5432\n\n\n\n\n";
  CHECK(row_count(start(options)) == 1);
}

TEST_CASE("an interrupted initdb is repeated") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  fs::create_directories(options.directory / "data.new" / "base");
  std::ofstream(options.directory / "data.new" / "PG_VERSION") << "15\n";
  put_row(start(options));
  CHECK_FALSE(fs::exists(options.directory / "data.new"));
}

TEST_CASE("if the path is too long for a socket, the socket is under /tmp") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / std::string(100, 'p'));
  const auto server = start(options);
  CHECK_THAT(server.conninfo(), Contains("/tmp/prism-"));
  put_row(server);
  CHECK(row_count(start(options)) == 1);
}

TEST_CASE("a directory with other files in it is not changed") {
  const scratch_directory scratch;
  std::ofstream(scratch.path() / "thesis.txt") << "years of work";
  CHECK_THAT(refusal(options_in(scratch.path())), Contains("thesis.txt"));
  CHECK(fs::exists(scratch.path() / "thesis.txt"));
  CHECK_FALSE(fs::exists(scratch.path() / "data"));
}

TEST_CASE("a directory that the server's user cannot enter is named") {
  if (::geteuid() != 0)
    return;
  const scratch_directory scratch;
  const auto closed = scratch.path() / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms::owner_all);
  const auto message = refusal(options_in(closed / "pg"));
  CHECK_THAT(message, Contains("cannot enter " + closed.string()) && Contains("postgres"));
}

TEST_CASE("a missing system user, program or version is named with the package to install") {
  const scratch_directory scratch;
  auto options = options_in(scratch.path() / "pg");
  options.binaries = "/no/such/bin";
  CHECK_THAT(refusal(options), Contains("/no/such/bin"));
  const auto none = find_postgres({}, 99);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  CHECK_THAT(none.error().message, Contains("Debian package postgresql-99"));
  if (::geteuid() != 0)
    return;
  options = options_in(scratch.path() / "pg");
  options.system_user = "nobody-of-that-name";
  CHECK_THAT(refusal(options),
             Contains("nobody-of-that-name") && Contains("Debian package postgresql"));
}

TEST_CASE("a cluster of another version requires that version") {
  const scratch_directory scratch;
  const auto options = options_in(scratch.path() / "pg");
  fs::create_directories(options.directory / "data");
  std::ofstream(options.directory / "data" / "PG_VERSION") << "9\n";
  CHECK_THAT(refusal(options), Contains("postgresql-9"));
}

TEST_CASE("if a server rejects its settings, the error has its output") {
  const scratch_directory scratch;
  auto options = options_in(scratch.path() / "pg");
  options.settings = {{"shared_buffers", "plenty"}};
  CHECK_THAT(refusal(options), Contains("exit code 1") && Contains("plenty"));
  CHECK(processes_in(options.directory / "data").empty());
  put_row(start(options_in(scratch.path() / "pg")));
}

TEST_CASE("invalid ports are rejected") {
  const scratch_directory scratch;
  auto options = options_in(scratch.path() / "pg");
  options.port = 0;
  CHECK_THAT(refusal(options), Contains("port 0"));
  options.port = 65536;
  CHECK_THAT(refusal(options), Contains("port 65536"));
}

TEST_CASE("the lock file of a server is parsed, also an incomplete one") {
  const auto full = parse_postmaster_file(
      "4711\n/data\n1700000000\n5433\n/run/pg\nlocalhost\n  5432001    131072\nready   \n");
  REQUIRE(full);
  CHECK(full->pid == 4711);
  CHECK(full->port == 5433);
  CHECK(full->socket_directory == "/run/pg");
  CHECK(full->status == "ready");
  const auto half = parse_postmaster_file("4711\n/data\n");
  REQUIRE(half);
  CHECK(half->pid == 4711);
  CHECK(half->socket_directory.empty());
  CHECK(half->status.empty());
  CHECK_FALSE(parse_postmaster_file(""));
  CHECK_FALSE(parse_postmaster_file("garbage\n"));
  CHECK_FALSE(parse_postmaster_file("-1\n"));
}

TEST_CASE("a process is distinguished from a later one with the same pid, and from a zombie") {
  const auto self = identify(::getpid());
  REQUIRE(self);
  CHECK(is_alive(*self));
  CHECK_FALSE(is_alive({self->pid, self->start_ticks + 1}));
  CHECK_FALSE(identify(0));
}
