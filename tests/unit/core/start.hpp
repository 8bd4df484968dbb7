#pragma once

#include "core/clock.hpp"

namespace prism::test {

/// The time at which the tests of state machines begin.
inline constexpr time_point start{std::chrono::hours{1}};

} // namespace prism::test
