#include "core/crash_point.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism;

namespace {

/// The number of hits that a process survives, and how it ended.
std::pair<int, int> outlive(std::string_view plan, crash_point where, int times) {
  int ends[2]{};
  REQUIRE(pipe(ends) == 0);
  const auto child = fork();
  if (child == 0) {
    arm(parse_crash_point(plan).value());
    for (int i = 0; i < times; ++i) {
      hit(where);
      if (write(ends[1], "x", 1) != 1)
        _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  int hits = 0;
  for (char c = 0; read(ends[0], &c, 1) == 1;)
    ++hits;
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return {hits, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

} // namespace

TEST_CASE("a crash point kills at its hit, and only there") {
  CHECK(outlive("before-commit", crash_point::before_commit, 5) == std::pair{0, SIGKILL});
  CHECK(outlive("before-commit:3", crash_point::before_commit, 5) == std::pair{2, SIGKILL});
  CHECK(outlive("before-commit:6", crash_point::before_commit, 5) == std::pair{5, 0});
  CHECK(outlive("before-commit", crash_point::after_commit, 5) == std::pair{5, 0});
  CHECK(outlive("", crash_point::after_decode, 5) == std::pair{5, 0});
}

TEST_CASE(
    "the names of crash points are different, and an unknown name is rejected with the list") {
  CHECK(parse_crash_point("")->at == crash_point::none);
  CHECK(parse_crash_point("after-decode")->at == crash_point::after_decode);
  CHECK(parse_crash_point("after-decode")->hit_number == 1);
  CHECK(parse_crash_point("before-commit:17")->hit_number == 17);
  CHECK(parse_crash_point("after-commit")->at == crash_point::after_commit);
  CHECK(parse_crash_point("during-release")->at == crash_point::during_release);
  CHECK(parse_crash_point("during-eviction")->at == crash_point::during_eviction);
  CHECK(parse_crash_point("during-drain:2")->at == crash_point::during_drain);
  for (const auto* wrong : {"nowhere", "after", "after-decode:", "after-decode:0", ":1",
                            "after-decode:x", "after-decode:1x", "after-decode, before-commit"}) {
    const auto refused = parse_crash_point(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid);
    CHECK(refused.error().message.find(std::string{crash_point_names}) != std::string::npos);
  }
}
