// test_postgres start DIRECTORY: starts a PostgreSQL server for the test programs of our parent
// process, which is ctest, and leaves it running behind us.
// test_postgres stop DIRECTORY: stops it.
//
// The server is held by a process of this program in the background. It stops the server and ends
// when it is told to, when the parent ends in whatever way, and when the server ends. If it is
// killed itself, the kernel stops the server. What a killed one leaves behind (its file in
// DIRECTORY, its data under the temporary directory) is removed by the next start.

#include "db/pg/connection.hpp"
#include "db/schema/migrator.hpp"
#include "tests/support/server_file.hpp"
#include "tests/support/test_server.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <stdexcept>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace prism;
using namespace prism::test;

namespace {

/// Enough for some forty test programs at a time.
constexpr int max_connections = 400;
constexpr int stop_timeout_ms = 60'000;
/// What the holder writes to the waiting start when its server can be used.
constexpr char ready = 'r';

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Becomes readable when the process ends. -1 if there is no such process.
int open_process(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
}

db::connection connect(const std::string& conninfo) {
  auto opened = db::connection::open({.conninfo = conninfo});
  if (!opened)
    throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

void run(db::connection& on, const std::string& sql) {
  if (const auto done = on.exec(sql); !done)
    throw std::runtime_error(done.error().message);
}

/// The database that tests copy. Nobody may connect to it: a copy needs it without sessions.
void make_template(const db::embedded_postgres& server) {
  const std::string name = migrated_template_name;
  auto admin = connect(server.conninfo());
  run(admin, "create database " + name + " template template0");
  {
    auto on = connect(server.conninfo(name));
    if (const auto done = db::migrate(on); !done)
      throw std::runtime_error(done.error().message);
  }
  run(admin, "alter database " + name + " allow_connections false");
}

/// Tells the holder to stop, and waits until it has.
void end_holder(const db::process_identity& holder) {
  const int process = open_process(holder.pid);
  if (process < 0 || !db::is_alive(holder))
    return; // it has gone
  ::kill(holder.pid, SIGTERM);
  pollfd ended{process, POLLIN, 0};
  if (::poll(&ended, 1, stop_timeout_ms) != 1) {
    ::kill(holder.pid, SIGKILL);
    ::poll(&ended, 1, stop_timeout_ms);
  }
  ::close(process);
}

fs::path log_of(const fs::path& file) {
  return file.string() + ".log";
}

void remove_server(const fs::path& file) {
  if (const auto content = read_server_file(file))
    end_holder(content->holder);
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(log_of(file), ignored);
}

/// Removes the servers of runs that have ended without stopping theirs.
void remove_abandoned_servers(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory))
    if (const auto owner = owner_of(entry.path().stem()); owner && !db::is_alive(*owner))
      remove_server(entry.path().parent_path() / entry.path().stem());
}

/// In the background, with ctest's output let go: ctest waits for whoever keeps that open.
void detach(const fs::path& log) {
  ::setsid();
  const int input = ::open("/dev/null", O_RDONLY);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (input < 0 || output < 0)
    fail("cannot write " + log.string());
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::close(input);
  ::close(output);
}

void hold(const fs::path& file, int owner_process, int answer) {
  // Blocked before there is a second thread, so that no thread of ours is ended by them.
  sigset_t ends;
  sigemptyset(&ends);
  for (const int each : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&ends, each);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const int signals = ::signalfd(-1, &ends, SFD_CLOEXEC);
  if (signals < 0)
    fail("signalfd");

  const test_server server(max_connections);
  make_template(server.get());
  const int server_process = open_process(server.get().pid());
  if (server_process < 0)
    fail("the server has ended");
  auto conninfo = server.get().conninfo();
  conninfo.erase(conninfo.find(" dbname="));
  write_server_file(file, {db::identify(::getpid()).value(), conninfo});
  if (::write(answer, &ready, 1) != 1)
    fail("the start is not waited for any more");
  ::close(answer);

  std::array<pollfd, 3> events{
      {{signals, POLLIN, 0}, {owner_process, POLLIN, 0}, {server_process, POLLIN, 0}}};
  while (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
  }
  // A server that ended by itself leaves its file, whose holder is dead: tests say so.
  if (events[2].revents != 0)
    return;
  fs::remove(file);
  // An orderly stop would write everything that is in memory.
  ::kill(server.get().pid(), SIGQUIT);
  ::poll(&events[2], 1, stop_timeout_ms);
}

int start(const fs::path& directory) {
  const auto owner = db::identify(::getppid());
  const int owner_process = owner ? open_process(owner->pid) : -1;
  if (owner_process < 0 || ::getppid() != owner->pid)
    throw std::runtime_error("the process that wants a server has ended");
  fs::create_directories(directory);
  remove_abandoned_servers(directory);
  const auto file = server_file_of(directory, *owner);
  if (const auto content = read_server_file(file); content && db::is_alive(content->holder))
    return 0;

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    fail("pipe");
  const pid_t holder = ::fork();
  if (holder < 0)
    fail("fork");
  if (holder == 0) {
    ::close(ends[0]);
    detach(log_of(file));
    hold(file, owner_process, ends[1]);
    return 0;
  }
  ::close(ends[1]);
  char answer = 0;
  ssize_t got = 0;
  while ((got = ::read(ends[0], &answer, 1)) < 0 && errno == EINTR) {
  }
  if (got == 1 && answer == ready)
    return 0;
  std::ifstream log(log_of(file));
  throw std::runtime_error("the server does not start:\n" +
                           std::string{std::istreambuf_iterator<char>(log), {}});
}

int stop(const fs::path& directory) {
  const auto owner = db::identify(::getppid());
  if (owner)
    remove_server(server_file_of(directory, *owner));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string command = argc == 3 ? argv[1] : "";
  try {
    if (command == "start")
      return start(argv[2]);
    if (command == "stop")
      return stop(argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "test_postgres: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: test_postgres start|stop DIRECTORY\n");
  return 2;
}
