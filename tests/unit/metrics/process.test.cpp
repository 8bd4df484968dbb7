#include "metrics/process.hpp"
#include "metrics/registry.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <fcntl.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace prism::metrics;
using Catch::Contains;

TEST_CASE("the stat line of a process is parsed, whatever the name of the program") {
  const process_units units{.ticks_per_second = 100, .page_bytes = 4096, .boot_time = 1000};
  const auto sample = parse_stat("42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 7 18 "
                                 "2000 20 3 22 23\n",
                                 units);
  REQUIRE(sample);
  CHECK(sample->cpu_seconds == Approx(3.0));
  CHECK(sample->threads == 7);
  CHECK(sample->start_time == Approx(1020.0));
  CHECK(sample->resident_bytes == std::uint64_t{3} * 4096);
}

TEST_CASE("a malformed stat line is rejected") {
  CHECK_FALSE(parse_stat("", {}));
  CHECK_FALSE(parse_stat("42 name S 1", {}));
  CHECK_FALSE(parse_stat("42 (name) S 1 2 3", {}));
  CHECK_FALSE(parse_stat("1 (n) S 1 2 3 4 5 6 7 8 9 10 1 1 13 14 15 16 x 18 1 20 1", {}));
}

TEST_CASE("a sample of this process is plausible and follows its changes") {
  const auto before = sample_process();
  REQUIRE(before);
  CHECK(before->threads >= 1);
  CHECK(before->resident_bytes > 1'000'000);
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(before->start_time > now - 86'400);
  CHECK(before->start_time < now + 2);

  const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(one >= 0);
  CHECK(sample_process()->open_fds == before->open_fds + 1);
  ::close(one);
  CHECK(sample_process()->open_fds == before->open_fds);
  CHECK(sample_process()->cpu_seconds >= before->cpu_seconds);
}

TEST_CASE("the process metrics are set by each scrape") {
  registry metrics({});
  const auto text = metrics.serialize();
  CHECK_THAT(text, Contains("# TYPE process_cpu_seconds_total counter"));
  CHECK_THAT(text, !Contains("process_resident_memory_bytes 0\n"));
  CHECK_THAT(text, !Contains("process_threads 0\n"));
  CHECK_THAT(text, !Contains("process_open_fds 0\n"));
}
