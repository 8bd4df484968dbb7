#include "actors/dataplane/missing_sessions.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using news = missing_sessions::news;

TEST_CASE("the first loss and the last are news, and that all sessions are back") {
  missing_sessions of(3);
  CHECK(of.found(0) == news::nothing);
  CHECK(of.lost(1) == news::first);
  CHECK(of.lost(1) == news::nothing);
  CHECK(of.lost(0) == news::nothing);
  CHECK(of.lost(2) == news::all);
  CHECK(of.count() == 3);
  CHECK(of.found(2) == news::nothing);
  CHECK(of.lost(2) == news::nothing);
  CHECK(of.found(0) == news::nothing);
  CHECK(of.found(1) == news::nothing);
  CHECK(of.found(2) == news::over);
  CHECK(of.count() == 0);
  CHECK(of.lost(2) == news::first);
}

TEST_CASE("the loss of the only session is the loss of all") {
  missing_sessions of(1);
  CHECK(of.lost(0) == news::all);
  CHECK(of.found(0) == news::over);
  CHECK(of.lost(0) == news::all);
}
