#include "db/embedded/child_process.hpp"

#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

child_options program(std::vector<std::string> argv) {
  child_options options;
  options.argv = std::move(argv);
  options.environment = {"LC_ALL=C", "PRISM=here"};
  return options;
}

} // namespace

TEST_CASE("a program's output, errors and exit code are collected") {
  const auto done = run_program(program({"/bin/ls", "/", "/no such file"}), 120s);
  REQUIRE(done);
  CHECK(WEXITSTATUS(done->wait_status) == 2);
  CHECK(exit_text(done->wait_status) == "exit code 2");
  CHECK_THAT(done->output, Contains("etc") && Contains("/no such file"));
}

TEST_CASE("a program has exactly the given environment and directory") {
  auto options = program({"/usr/bin/env"});
  CHECK(run_program(options, 120s)->output == "LC_ALL=C\nPRISM=here\n");
  options = program({"/bin/pwd"});
  options.directory = "/usr";
  CHECK(run_program(options, 120s)->output == "/usr\n");
}

TEST_CASE("the error says what prevents a program from starting") {
  CHECK_THAT(run_program(program({"/no/such/program"}), 120s).error().message,
             Contains("execute the program of /no/such/program") && Contains("No such file"));
  auto options = program({"/bin/ls"});
  options.directory = "/no/such/directory";
  CHECK_THAT(run_program(options, 120s).error().message, Contains("working directory"));
}

TEST_CASE("a program that exceeds its time limit is killed") {
  const auto done = run_program(program({"/bin/sleep", "600"}), 50ms);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::timeout);
}

TEST_CASE("a child runs in a session of its own and is killed with its object") {
  pid_t pid = 0;
  {
    const auto child = child_process::start(program({"/bin/sleep", "600"}));
    REQUIRE(child);
    pid = child->pid();
    CHECK(::getsid(pid) == pid);
    CHECK_FALSE(child->wait(0ms));
    child->signal(SIGTERM);
    const auto status = child->wait(120s);
    REQUIRE(status);
    CHECK(exit_text(*status) == "signal 15 (SIGTERM)");
    child->signal(SIGKILL); // already reaped: sends no signal
  }
  const auto forgotten = child_process::start(program({"/bin/sleep", "600"}));
  REQUIRE(forgotten);
}

TEST_CASE("a child inherits no open file") {
  const auto done = run_program(program({"/bin/ls", "/proc/self/fd"}), 120s);
  REQUIRE(done);
  CHECK(done->output == "0\n1\n2\n3\n"); // 3 is the directory that ls reads
}

TEST_CASE("root can start a child as another user") {
  if (::geteuid() != 0)
    return;
  auto options = program({"/usr/bin/id", "-un"});
  const auto user = find_user("postgres");
  REQUIRE(user);
  options.user = *user;
  CHECK(run_program(options, 120s)->output == "postgres\n");
  CHECK(find_user("no such user").error().code == errc::not_found);
}
