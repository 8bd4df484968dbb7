#include "core/exit_code.hpp"

#include <catch2/catch.hpp>

using prism::exit_code;
using prism::to_int;

TEST_CASE("exit codes are what service managers are configured with") {
  CHECK(to_int(exit_code::success) == 0);
  CHECK(to_int(exit_code::usage) == 64);
  CHECK(to_int(exit_code::unavailable) == 69);
  CHECK(to_int(exit_code::gave_up) == 70);
  CHECK(to_int(exit_code::drain_timeout) == 75);
  CHECK(to_int(exit_code::fenced) == 76);
  CHECK(to_int(exit_code::configuration) == 78);
}
