#include "tools/prismd/service_manager.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace prism::tools {

namespace {

using namespace std::chrono_literals;

struct told {
  std::vector<std::string> messages;
  service_manager manager;

  explicit told(std::chrono::microseconds watchdog)
      : manager([this](const std::string& text) { messages.push_back(text); }, watchdog) {}
};

const time_point start{1h};

} // namespace

TEST_CASE("while the start waits its time limit is extended again and again") {
  told to(30s);
  for (auto at = start; at < start + 20s; at += 100ms)
    to.manager.starting(at);
  REQUIRE(to.messages.size() == 4);
  for (const auto& each : to.messages)
    CHECK(each == "STATUS=starting\nEXTEND_TIMEOUT_USEC=60000000");
}

TEST_CASE("the watchdog is fed once for each sign of life, and not without one") {
  told to(30s);
  to.manager.ready();
  CHECK(to.messages == std::vector<std::string>{"READY=1\nSTATUS=started"});
  to.messages.clear();
  to.manager.alive(std::nullopt);
  CHECK(to.messages.empty());
  for (int i = 0; i < 100; ++i)
    to.manager.alive(start);
  CHECK(to.messages == std::vector<std::string>{"WATCHDOG=1"});
  to.manager.alive(start + 1s);
  CHECK(to.messages.size() == 2);
}

TEST_CASE("without a watchdog no sign of life is sent") {
  told to(0us);
  to.manager.alive(start);
  to.manager.beginning_again(start);
  to.manager.stopping(20s);
  CHECK(to.messages ==
        std::vector<std::string>{"STATUS=beginning again from what the database has",
                                 "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=80000000"});
}

TEST_CASE("a wait for a database that is away, while the actors are replaced, is no death") {
  told to(8s);
  auto fed = start;
  for (auto at = start; at < start + 60s; at += 100ms) {
    const auto before = to.messages.size();
    to.manager.beginning_again(at);
    if (to.messages.size() == before)
      continue;
    CHECK(to.messages.back().ends_with("WATCHDOG=1"));
    CHECK(at - fed < 4s);
    fed = at;
  }
  CHECK(start + 60s - fed < 4s);
}

TEST_CASE("the status line is shown when it changes, and seldom") {
  told to(0us);
  int asked = 0;
  for (auto at = start; at < start + 40s; at += 100ms)
    to.manager.status(at, [&] { return "line " + std::to_string(std::min(++asked, 2)); });
  CHECK(asked == 4);
  CHECK(to.messages == std::vector<std::string>{"STATUS=line 1", "STATUS=line 2"});
}

TEST_CASE("the stop may take as long as its drain") {
  told to(30s);
  to.manager.stopping(10min);
  CHECK(to.messages ==
        std::vector<std::string>{"STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=660000000\n"
                                 "WATCHDOG_USEC=660000000\nWATCHDOG=1"});
}

TEST_CASE("systemd's own function carries the message, and its absence does no harm") {
  ::unsetenv("NOTIFY_SOCKET");
  service_manager().ready();

  const auto path =
      std::filesystem::temp_directory_path() / ("prism-notify-" + std::to_string(::getpid()));
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "5000000", 1);
  service_manager manager;
  manager.ready();
  manager.alive(start);
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  const auto next = [fd] {
    std::string text(200, '\0');
    const auto count = ::recv(fd, text.data(), text.size(), 0);
    return text.substr(0, count < 0 ? 0 : static_cast<std::size_t>(count));
  };
  CHECK(next() == "READY=1\nSTATUS=started");
  CHECK(next() == "WATCHDOG=1");
  ::close(fd);
  std::filesystem::remove(path);
}

} // namespace prism::tools
