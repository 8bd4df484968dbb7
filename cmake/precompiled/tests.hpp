// The same for tests.
#include "cmake/precompiled/base.hpp"

#include <catch2/catch.hpp>
#include <fmt/ranges.h>
