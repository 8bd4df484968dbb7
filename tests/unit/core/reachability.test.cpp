#include "core/reachability.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("a database is reachable while one connection works") {
  reachability observed;
  observed.answered();
  observed.failed(3, false);
  CHECK(observed.reachable());
  observed.answered();
  observed.failed(1, false);
  CHECK(observed.reachable());
}

TEST_CASE("a server that is full is reachable for those who have a connection, however often it "
          "refuses another") {
  reachability observed;
  for (int i = 0; i < 100; ++i)
    observed.failed(1, true);
  CHECK(observed.reachable());
  observed.failed(0, true);
  CHECK_FALSE(observed.reachable());
}

TEST_CASE("without any connection a database is not reachable until it answers") {
  reachability observed;
  observed.failed(0, false);
  CHECK_FALSE(observed.reachable());
  observed.failed(1, true);
  CHECK_FALSE(observed.reachable());
  observed.answered();
  CHECK(observed.reachable());
}

TEST_CASE("connections that nobody has used since are trusted for a few failures only") {
  reachability observed;
  observed.answered();
  for (std::size_t i = 1; i < reachability::max_failures; ++i)
    observed.failed(10, false);
  CHECK(observed.reachable());
  observed.failed(10, false);
  CHECK_FALSE(observed.reachable());
  observed.answered();
  observed.failed(10, false);
  CHECK(observed.reachable());
}
