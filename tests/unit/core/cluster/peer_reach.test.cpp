#include "core/cluster/peer_reach.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using prism::time_point;
using prism::cluster::peer_reach;
using ids = std::set<std::string>;

namespace {
using prism::test::start;
} // namespace

TEST_CASE("a peer is reachable from its first link on") {
  peer_reach reach;
  reach.see({"a", "b"}, {}, start);
  CHECK(reach.reachable().empty());
  reach.see({"a", "b"}, {"a"}, start + 1s);
  CHECK(reach.reachable() == ids{"a"});
}

TEST_CASE("a peer without link is reachable for five seconds more") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, start);
  reach.see({"a"}, {}, start + 1s);
  reach.see({"a"}, {}, start + 5'900ms);
  CHECK(reach.reachable() == ids{"a"});
  reach.see({"a"}, {}, start + 6s);
  CHECK(reach.reachable().empty());
}

TEST_CASE("a peer that was given up is reachable again after five seconds of link") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, start);
  reach.see({"a"}, {}, start + 1s);
  reach.see({"a"}, {}, start + 6s);
  reach.see({"a"}, {"a"}, start + 7s);
  CHECK(reach.reachable().empty());
  SECTION("without interruption") {
    reach.see({"a"}, {"a"}, start + 11'900ms);
    CHECK(reach.reachable().empty());
    reach.see({"a"}, {"a"}, start + 12s);
    CHECK(reach.reachable() == ids{"a"});
  }
  SECTION("which an interruption begins anew") {
    reach.see({"a"}, {}, start + 9s);
    reach.see({"a"}, {"a"}, start + 10s);
    reach.see({"a"}, {"a"}, start + 14s);
    CHECK(reach.reachable().empty());
    reach.see({"a"}, {"a"}, start + 15s);
    CHECK(reach.reachable() == ids{"a"});
  }
}

TEST_CASE("a link that flaps faster than five seconds moves nothing") {
  peer_reach reach;
  for (int i = 0; i < 100; ++i) {
    reach.see({"a"}, i % 2 == 0 ? ids{"a"} : ids{}, start + i * 300ms);
    CHECK(reach.reachable() == ids{"a"});
  }
}

TEST_CASE("a peer that is no member is forgotten") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, start);
  reach.see({}, {}, start + 1s);
  CHECK(reach.reachable().empty());
}
