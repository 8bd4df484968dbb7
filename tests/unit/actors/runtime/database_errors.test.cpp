#include "actors/runtime/database_errors.hpp"

#include <catch2/catch.hpp>

using namespace prism;

TEST_CASE("what a smaller batch may avoid is known: time, memory, disk, limits of the server") {
  for (const auto* state :
       {"57014", "55P03", "25P03", "25P04", "53000", "53100", "53200", "53400"}) {
    INFO(state);
    CHECK(ends_sooner_if_smaller(db::make_error(state, "")));
  }
  // A full server, a lost connection, a deadlock; what is poison is bisected.
  for (const auto* state : {"53300", "08006", "40P01", "54000", "54001", "22021", "42P01"}) {
    INFO(state);
    CHECK_FALSE(ends_sooner_if_smaller(db::make_error(state, "")));
  }
}
