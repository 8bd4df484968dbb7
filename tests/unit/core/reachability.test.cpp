#include "core/reachability.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("a database is reachable while one connection works") {
  reachability judged;
  judged.answered();
  judged.failed(3, false);
  CHECK(judged.reachable());
  judged.answered();
  judged.failed(1, false);
  CHECK(judged.reachable());
}

TEST_CASE("a server that is full is reachable for those who have a connection, however often it "
          "refuses another") {
  reachability judged;
  for (int i = 0; i < 100; ++i)
    judged.failed(1, true);
  CHECK(judged.reachable());
  judged.failed(0, true);
  CHECK_FALSE(judged.reachable());
}

TEST_CASE("without any connection a database is not reachable until it answers") {
  reachability judged;
  judged.failed(0, false);
  CHECK_FALSE(judged.reachable());
  judged.failed(1, true);
  CHECK_FALSE(judged.reachable());
  judged.answered();
  CHECK(judged.reachable());
}

TEST_CASE("connections that nobody has used since are trusted for a few failures only") {
  reachability judged;
  judged.answered();
  for (std::size_t i = 1; i < reachability::most_failures; ++i)
    judged.failed(10, false);
  CHECK(judged.reachable());
  judged.failed(10, false);
  CHECK_FALSE(judged.reachable());
  judged.answered();
  judged.failed(10, false);
  CHECK(judged.reachable());
}
