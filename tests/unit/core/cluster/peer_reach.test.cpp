#include "core/cluster/peer_reach.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using prism::time_point;
using prism::cluster::peer_reach;
using ids = std::set<std::string>;

namespace {
constexpr time_point t0{};
} // namespace

TEST_CASE("a peer is reachable from its first link on") {
  peer_reach reach;
  reach.see({"a", "b"}, {}, t0);
  CHECK(reach.reachable().empty());
  reach.see({"a", "b"}, {"a"}, t0 + 1s);
  CHECK(reach.reachable() == ids{"a"});
}

TEST_CASE("a peer without link is reachable for five seconds more") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, t0);
  reach.see({"a"}, {}, t0 + 1s);
  reach.see({"a"}, {}, t0 + 5'900ms);
  CHECK(reach.reachable() == ids{"a"});
  reach.see({"a"}, {}, t0 + 6s);
  CHECK(reach.reachable().empty());
}

TEST_CASE("a peer that was given up is reachable again after five seconds of link") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, t0);
  reach.see({"a"}, {}, t0 + 1s);
  reach.see({"a"}, {}, t0 + 6s);
  reach.see({"a"}, {"a"}, t0 + 7s);
  CHECK(reach.reachable().empty());
  SECTION("without interruption") {
    reach.see({"a"}, {"a"}, t0 + 11'900ms);
    CHECK(reach.reachable().empty());
    reach.see({"a"}, {"a"}, t0 + 12s);
    CHECK(reach.reachable() == ids{"a"});
  }
  SECTION("which an interruption begins anew") {
    reach.see({"a"}, {}, t0 + 9s);
    reach.see({"a"}, {"a"}, t0 + 10s);
    reach.see({"a"}, {"a"}, t0 + 14s);
    CHECK(reach.reachable().empty());
    reach.see({"a"}, {"a"}, t0 + 15s);
    CHECK(reach.reachable() == ids{"a"});
  }
}

TEST_CASE("a link that flaps faster than five seconds moves nothing") {
  peer_reach reach;
  for (int i = 0; i < 100; ++i) {
    reach.see({"a"}, i % 2 == 0 ? ids{"a"} : ids{}, t0 + i * 300ms);
    CHECK(reach.reachable() == ids{"a"});
  }
}

TEST_CASE("a peer that is no member is forgotten") {
  peer_reach reach;
  reach.see({"a"}, {"a"}, t0);
  reach.see({}, {}, t0 + 1s);
  CHECK(reach.reachable().empty());
}
