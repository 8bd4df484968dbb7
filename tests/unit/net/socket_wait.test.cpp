#include "net/socket_wait.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace prism;
using namespace prism::net;
using namespace std::chrono_literals;

namespace {

/// Two connected sockets.
struct socket_pair {
  socket_pair() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  }
  ~socket_pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  socket_pair(const socket_pair&) = delete;
  socket_pair& operator=(const socket_pair&) = delete;

  void write() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
  void read() const {
    char byte = 0;
    REQUIRE(::read(ends[0], &byte, 1) == 1);
  }

  std::array<int, 2> ends{};
};

constexpr auto never = [] { return false; };

} // namespace

TEST_CASE("work that waits for a socket lets other work of its thread go on") {
  boost::asio::io_context context{1};
  socket_wait waiting(context);
  const socket_pair sockets;
  int other_work = 0;
  bool done = false;
  boost::asio::post(context, [&] {
    const auto late = steady_clock::now() + 60s;
    for (int i = 1; i <= 3; ++i) { // the socket is watched again and again
      boost::asio::steady_timer soon(context, 1ms);
      soon.async_wait([&](const boost::system::error_code&) {
        ++other_work;
        sockets.write();
      });
      CHECK(waiting.wait(sockets.ends[0], POLLIN, late, never));
      CHECK(other_work == i);
      sockets.read();
    }
    CHECK(waiting.wait(sockets.ends[0], POLLIN | POLLOUT, late, never)); // it can be written to
    done = true;
  });
  context.run();
  CHECK(done);
}

TEST_CASE("a wait for a socket ends with its time, or when other work says so") {
  boost::asio::io_context context{1};
  socket_wait waiting(context);
  const socket_pair sockets;
  bool done = false;
  boost::asio::post(context, [&] {
    const auto until = steady_clock::now() + 20ms;
    CHECK_FALSE(waiting.wait(sockets.ends[0], POLLIN, until, never));
    CHECK(steady_clock::now() >= until);
    bool stops = false;
    boost::asio::steady_timer soon(context, 1ms);
    soon.async_wait([&](const boost::system::error_code&) { stops = true; });
    CHECK_FALSE(
        waiting.wait(sockets.ends[0], POLLIN, steady_clock::now() + 60s, [&] { return stops; }));
    CHECK(stops);
    done = true;
  });
  context.run();
  CHECK(done);
}

TEST_CASE("a wait sees the end of its socket, and another socket of the same number") {
  boost::asio::io_context context{1};
  socket_wait waiting(context);
  bool done = false;
  boost::asio::post(context, [&] {
    const auto late = steady_clock::now() + 60s;
    int number = 0;
    for (int i = 0; i < 3; ++i) {
      std::optional<socket_pair> sockets(std::in_place);
      CHECK((i == 0 || sockets->ends[0] == number)); // else this test shows nothing
      number = sockets->ends[0];
      CHECK_FALSE(waiting.wait(number, POLLIN, steady_clock::now() + 1ms, never));
      REQUIRE(::shutdown(sockets->ends[1], SHUT_WR) == 0);
      CHECK(waiting.wait(number, POLLIN, late, never));
      if (i == 0)
        sockets.reset(); // before it is forgotten
      waiting.forget();
    }
    CHECK(waiting.wait(-1, POLLIN, late, never)); // the owner finds out what is wrong
    done = true;
  });
  context.run();
  CHECK(done);
}
