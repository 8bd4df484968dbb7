#include "core/exit_code.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string>

using prism::exit_code;
using prism::to_int;

TEST_CASE("exit codes are what service managers are configured with") {
  CHECK(to_int(exit_code::success) == 0);
  CHECK(to_int(exit_code::usage) == 64);
  CHECK(to_int(exit_code::unavailable) == 69);
  CHECK(to_int(exit_code::gave_up) == 70);
  CHECK(to_int(exit_code::drain_timeout) == 75);
  CHECK(to_int(exit_code::replaced) == 76);
  CHECK(to_int(exit_code::configuration) == 78);
}

TEST_CASE("the unit for systemd does not restart where a restart is wrong") {
  std::ifstream file(PRISM_SOURCE_DIR "/deploy/systemd/prismd.service");
  const std::string unit{std::istreambuf_iterator<char>(file), {}};
  CHECK_THAT(unit, Catch::Contains(fmt::format(
                       "\nRestartPreventExitStatus={} {} {}\n", to_int(exit_code::usage),
                       to_int(exit_code::replaced), to_int(exit_code::configuration))));
}
