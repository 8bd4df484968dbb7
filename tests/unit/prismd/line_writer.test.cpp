#include "tools/prismd/line_writer.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sstream>
#include <thread>
#include <unistd.h>

using namespace prism::tools;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

/// A pipe that holds one page.
class small_pipe {
public:
  small_pipe() {
    REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends_[1], F_SETPIPE_SZ, 4096) > 0);
  }
  ~small_pipe() {
    // The reader first: a thread that still writes gets EPIPE instead of waiting on for ever.
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  small_pipe(const small_pipe&) = delete;
  small_pipe& operator=(const small_pipe&) = delete;

  [[nodiscard]] int in() const { return ends_[1]; }

  /// Fills it, so that the next write blocks.
  void fill() const {
    const int flags = ::fcntl(ends_[1], F_GETFL);
    ::fcntl(ends_[1], F_SETFL, flags | O_NONBLOCK);
    const std::string block(4096, 'x');
    while (::write(ends_[1], block.data(), block.size()) > 0) {
    }
    CHECK(errno == EAGAIN);
    ::fcntl(ends_[1], F_SETFL, flags);
  }

  /// Reads until `writer` has written everything. @returns what came.
  [[nodiscard]] std::string drain(line_writer& writer) const {
    std::string out;
    std::array<char, 1024> part{};
    const auto end = std::chrono::steady_clock::now() + patience;
    for (bool done = false; std::chrono::steady_clock::now() < end;) {
      pollfd waiting{.fd = ends_[0], .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 0) == 1)
        out.append(part.data(),
                   static_cast<std::size_t>(::read(ends_[0], part.data(), part.size())));
      else if (done)
        break;
      else
        done = writer.finish(1ms);
    }
    return out;
  }

private:
  std::array<int, 2> ends_{};
};

[[nodiscard]] std::string numbered(int number) {
  return fmt::format("line {:05}\n", number);
}

[[nodiscard]] line_writer::options onto(int fd, std::atomic<std::uint64_t>& dropped,
                                        std::size_t max_bytes) {
  return {.fd = fd,
          .max_bytes = max_bytes,
          .note = [](std::uint64_t count) { return fmt::format("{} dropped\n", count); },
          .dropped = &dropped};
}

/// Many lines come out of the pipe in order, as they are, and none is dropped.
void check_all_arrive(const small_pipe& pipe) {
  std::atomic<std::uint64_t> dropped{0};
  line_writer writer(onto(pipe.in(), dropped, 1 << 20));
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    writer.push(numbered(i));
    expected += numbered(i);
  }
  CHECK(pipe.drain(writer) == expected);
  CHECK(dropped == 0);
}

} // namespace

TEST_CASE("lines are written in order and as they are") {
  const small_pipe pipe;
  check_all_arrive(pipe);
}

TEST_CASE("a reader that stopped holds nobody; the newest lines are kept, the others are counted") {
  const small_pipe pipe;
  pipe.fill(); // before the first line
  std::atomic<std::uint64_t> dropped{0};
  line_writer writer(onto(pipe.in(), dropped, 1100));
  for (int i = 0; i < 5000; ++i)
    writer.push(numbered(i));
  CHECK_FALSE(writer.finish(10ms));
  // The thread holds some lines, the queue 100 of 11 bytes.
  const std::uint64_t lost = dropped;
  CHECK(lost > 4000);
  CHECK(lost <= 4900);
  const auto text = pipe.drain(writer);
  CHECK_THAT(text, Catch::Contains(numbered(4900)));
  CHECK_THAT(text, Catch::EndsWith(numbered(4999)));
  // One note, or two if some lines were dropped before the thread had taken its first.
  std::uint64_t noted = 0;
  std::ptrdiff_t notes = 0;
  std::istringstream lines(text.substr(text.find_first_not_of('x')));
  for (std::string line; std::getline(lines, line);)
    if (line.ends_with(" dropped")) {
      noted += std::stoull(line);
      ++notes;
    }
  CHECK(noted == lost);
  CHECK(std::count(text.begin(), text.end(), '\n') ==
        static_cast<std::ptrdiff_t>(5000 - lost) + notes);
  writer.push(numbered(5000));
  CHECK(pipe.drain(writer) == numbered(5000)); // said once
}

TEST_CASE("a descriptor that refuses costs the lines, not the time") {
  std::atomic<std::uint64_t> dropped{0};
  SECTION("closed") {
    const int closed = ::dup(STDERR_FILENO);
    ::close(closed);
    line_writer writer(onto(closed, dropped, 1000));
    writer.push(numbered(1));
    writer.push(numbered(2));
    CHECK(writer.finish(patience));
    CHECK(dropped == 2);
  }
  SECTION("a disk without room") {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    {
      line_writer writer(onto(full, dropped, 1000));
      writer.push(numbered(1));
      CHECK(writer.finish(patience));
    }
    CHECK(dropped == 1);
    ::close(full);
  }
}

TEST_CASE("what was lost to a refusing descriptor is said once it takes lines again") {
  const small_pipe pipe;
  std::atomic<std::uint64_t> dropped{0};
  const int changing = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(changing >= 0);
  line_writer writer(onto(changing, dropped, 1000));
  writer.push(numbered(1));
  CHECK(writer.finish(patience));
  REQUIRE(::dup2(pipe.in(), changing) == changing);
  writer.push(numbered(2));
  CHECK(pipe.drain(writer) == "1 dropped\n" + numbered(2));
  ::close(changing);
}

TEST_CASE("a descriptor that another process made non-blocking loses nothing") {
  const small_pipe pipe;
  ::fcntl(pipe.in(), F_SETFL, ::fcntl(pipe.in(), F_GETFL) | O_NONBLOCK);
  check_all_arrive(pipe);
}

TEST_CASE(
    "a line longer than the queue is dropped and counted; one longer than a page is written") {
  const small_pipe pipe;
  std::atomic<std::uint64_t> dropped{0};
  line_writer writer(onto(pipe.in(), dropped, 20'000));
  writer.push(std::string(20'001, 'a'));
  CHECK(dropped == 1);
  const auto longest = std::string(19'999, 'b') + "\n";
  writer.push(longest);
  CHECK(pipe.drain(writer) == "1 dropped\n" + longest);
}
