#include "core/cluster/placement.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace prism;
using namespace prism::cluster;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] member member_named(const node_id& id) {
  return {.id = id, .name = "host-" + id, .expires_in = 5s};
}

/// Members of these ids, and shards of nobody.
[[nodiscard]] table with(const std::vector<node_id>& ids, std::int32_t shards) {
  table out{.view = 10};
  for (const auto& id : ids)
    out.members.push_back(member_named(id));
  for (std::int32_t i = 0; i < shards; ++i)
    out.placement.push_back({.shard = i});
  return out;
}

/// A leader that can reach everybody.
[[nodiscard]] leader_knowledge led_by(const node_id& self, const table& in, bool may_kill = true) {
  leader_knowledge out{.self = self, .may_declare_dead = may_kill};
  for (const auto& each : in.members)
    out.reachable.insert(each.id);
  return out;
}

/// What the database makes of the plan.
void carry_out(table& on, const placement_plan& plan) {
  REQUIRE(plan.from_view == on.view);
  ++on.view;
  for (auto& each : on.members)
    if (std::count(plan.dead.begin(), plan.dead.end(), each.id) > 0)
      each.dead_reason = "expired";
  for (const auto& moved : plan.moved) {
    auto& row = on.placement.at(static_cast<std::size_t>(moved.shard));
    REQUIRE(row.shard == moved.shard);
    REQUIRE(row.node != moved.node);
    REQUIRE(moved.token == on.view);
    row = moved;
  }
}

/// Places, and shows that to place again changes nothing. @returns what was moved.
std::vector<placed_shard> place(table& on, const leader_knowledge& known) {
  std::vector<placed_shard> moved;
  if (const auto plan = plan_placement(on, known)) {
    carry_out(on, *plan);
    moved = plan->moved;
  }
  CHECK_FALSE(plan_placement(on, known));
  return moved;
}

[[nodiscard]] std::map<node_id, std::size_t> loads(const table& of) {
  std::map<node_id, std::size_t> out;
  for (const auto& each : of.placement)
    ++out[each.node];
  return out;
}

[[nodiscard]] bool level(const table& of, std::size_t candidates) {
  const auto shards = of.placement.size();
  return std::all_of(of.placement.begin(), of.placement.end(), [&](const auto& each) {
    const auto load = loads(of).at(each.node);
    return !each.node.empty() && load >= shards / candidates &&
           load <= (shards + candidates - 1) / candidates;
  });
}

} // namespace

TEST_CASE("placement: one node alone has everything") {
  auto on = with({"a"}, 8);
  CHECK(place(on, led_by("a", on)).size() == 8);
  CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 8}});
  CHECK(on.placement[3] == placed_shard{3, "a", 11, false});
}

TEST_CASE("placement: it is the same on every platform") {
  auto on = with({"a", "b", "c"}, 8);
  (void)place(on, led_by("a", on));
  std::string all;
  for (const auto& each : on.placement)
    all += each.node;
  CHECK(all == "cbaacbba");
}

TEST_CASE("placement: without a candidate nothing changes") {
  auto on = with({}, 8);
  CHECK_FALSE(plan_placement(on, {.self = "a"}));
  on.members.push_back(member_named("a"));
  on.members[0].dead_reason = "replaced";
  CHECK_FALSE(plan_placement(on, {.self = "a"}));
}

TEST_CASE("placement: nobody moves while all stay, whoever leads") {
  auto on = with({"a", "b", "c"}, 8);
  (void)place(on, led_by("a", on));
  CHECK_FALSE(plan_placement(on, led_by("b", on)));
}

TEST_CASE("placement: an expired member dies, and its shards go to the others") {
  auto on = with({"a", "b", "c"}, 8);
  (void)place(on, led_by("a", on));
  const auto lost = loads(on)["b"];
  on.members[1].expires_in = -1ms;
  SECTION("if the leader may say so") {
    const auto plan = plan_placement(on, led_by("a", on));
    REQUIRE(plan);
    CHECK(plan->dead == std::vector<node_id>{"b"});
    CHECK(plan->moved.size() == lost);
    (void)place(on, led_by("a", on));
    CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 4}, {"c", 4}});
  }
  SECTION("else it keeps them, and gets none") {
    CHECK_FALSE(plan_placement(on, led_by("a", on, false)));
    for (auto& each : on.placement)
      if (each.node == "c")
        each.node = "";
    (void)place(on, led_by("a", on, false));
    CHECK(loads(on)["b"] == lost);
    CHECK(loads(on)["a"] + loads(on)["c"] == 8 - lost);
  }
  SECTION("one that has no shards dies, too") {
    on.members.push_back(member_named("d"));
    on.members.back().expires_in = -1ms;
    on.members[1].expires_in = 5s;
    const auto plan = plan_placement(on, led_by("a", on));
    REQUIRE(plan);
    CHECK(plan->dead == std::vector<node_id>{"d"});
    CHECK(plan->moved.empty());
  }
  SECTION("but never the leader itself, nor who is dead") {
    on.members[0].expires_in = -1ms;
    on.members[1].dead_reason = "left";
    const auto plan = plan_placement(on, led_by("a", on));
    REQUIRE(plan);
    CHECK(plan->dead.empty());
    CHECK(plan->moved.size() == lost);
  }
}

TEST_CASE("placement: a member that cannot be reached loses its shards, but lives") {
  auto on = with({"a", "b"}, 8);
  (void)place(on, led_by("a", on));
  const auto plan = plan_placement(on, {.self = "a", .reachable = {}, .may_declare_dead = true});
  REQUIRE(plan);
  CHECK(plan->dead.empty());
  CHECK(plan->moved.size() == 4);
  // Even if it is expired and the leader may not say that it is dead.
  on.members[1].expires_in = -1ms;
  CHECK(place(on, {.self = "a"}).size() == 4);
  CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 8}});
}

TEST_CASE(
    "placement: draining members give their shards away, the leader only if another is there") {
  auto on = with({"a", "b"}, 8);
  (void)place(on, led_by("a", on));
  SECTION("a follower") {
    on.members[1].draining = true;
    CHECK(place(on, led_by("a", on)).size() == 4);
    CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 8}});
  }
  SECTION("the leader") {
    on.members[0].draining = true;
    CHECK(place(on, led_by("a", on)).size() == 4);
    CHECK(loads(on) == std::map<node_id, std::size_t>{{"b", 8}});
  }
  SECTION("both") {
    on.members[0].draining = on.members[1].draining = true;
    CHECK(place(on, led_by("a", on)).size() == 4);
    CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 8}});
  }
  SECTION("the leader, and nobody reachable is left") {
    on.members[0].draining = true;
    CHECK(place(on, {.self = "a"}).size() == 4);
    CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 8}});
  }
}

TEST_CASE("placement: a pinned shard stays while its node is a candidate") {
  auto on = with({"a", "b"}, 4);
  for (auto& each : on.placement)
    each = {each.shard, "b", 10, each.shard < 3};
  // The fourth goes; the pinned ones are too many.
  CHECK(place(on, led_by("a", on)).size() == 1);
  CHECK(loads(on) == std::map<node_id, std::size_t>{{"a", 1}, {"b", 3}});
  on.members[1].draining = true;
  CHECK(place(on, led_by("a", on)).size() == 3);
  CHECK(std::none_of(on.placement.begin(), on.placement.end(),
                     [](auto& each) { return each.pinned; }));
}

TEST_CASE("placement: a process that is started again under its name gets the shards back") {
  auto on = with({"a", "b", "c"}, 9);
  (void)place(on, led_by("a", on));
  const auto before = on.placement;
  on.members[1].dead_reason = "replaced";
  on.members.push_back(member_named("d"));
  on.members.back().name = on.members[1].name;
  (void)place(on, led_by("a", on));
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(on.placement[i].node == (before[i].node == "b" ? "d" : before[i].node));
}

TEST_CASE("placement: in random tables, only what must move does, and all stay level") {
  std::mt19937 random(13);
  for (int run = 0; run < 300; ++run) {
    auto on = with({"n0"}, 1 + static_cast<std::int32_t>(random() % 20));
    std::size_t members = 1;
    std::vector<node_id> ids{"n0"};
    (void)place(on, led_by("n0", on));
    for (int step = 1; step <= 12; ++step) {
      const auto before = on.placement;
      if (ids.size() == 1 || random() % 2 == 0) {
        const auto joined = "n" + std::to_string(++members);
        ids.push_back(joined);
        on.members.push_back(member_named(joined));
        for (const auto& each : place(on, led_by("n0", on)))
          CHECK(each.node == joined);
      } else {
        const auto at = 1 + random() % (ids.size() - 1);
        const auto gone = ids[at];
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at));
        const auto row = std::find_if(on.members.begin(), on.members.end(),
                                      [&](const auto& each) { return each.id == gone; });
        auto known = led_by("n0", on);
        switch (random() % 4) {
        case 0:
          row->expires_in = -1s;
          break;
        case 1:
          row->dead_reason = "left";
          break;
        case 2:
          row->draining = true;
          break;
        case 3:
          known.reachable.erase(gone);
        }
        for (const auto& each : place(on, known))
          CHECK(before[static_cast<std::size_t>(each.shard)].node == gone);
        row->dead_reason = "left";
      }
      CHECK(level(on, ids.size()));
      std::int64_t newest = 0;
      for (const auto& each : on.placement)
        newest = std::max(newest, each.token);
      CHECK(newest <= on.view);
    }
  }
}

TEST_CASE("placement: in any table no candidate but a pinned one has more than its part") {
  std::mt19937 random(7);
  for (int run = 0; run < 2'000; ++run) {
    std::vector<node_id> ids;
    for (std::size_t i = 0, n = 1 + random() % 5; i < n; ++i)
      ids.push_back("n" + std::to_string(i));
    auto on = with(ids, 1 + static_cast<std::int32_t>(random() % 12));
    for (auto& each : on.members) {
      if (each.id == "n0")
        continue;
      each.draining = random() % 4 == 0;
      each.expires_in = random() % 4 == 0 ? -1s : 5s;
      each.dead_reason = random() % 4 == 0 ? "left" : "";
    }
    for (auto& each : on.placement)
      each = {each.shard, random() % 5 == 0 ? "" : ids[random() % ids.size()], 10,
              random() % 4 == 0};
    auto known = led_by("n0", on, random() % 2 == 0);
    known.reachable.erase("n3");
    (void)place(on, known);
    std::size_t candidates = 0;
    for (const auto& each : on.members)
      candidates +=
          !each.dead() && !each.draining && each.expires_in > 0s && each.id != "n3" ? 1 : 0;
    for (const auto& each : on.placement) {
      const auto who = std::find_if(on.members.begin(), on.members.end(),
                                    [&](const auto& m) { return m.id == each.node; });
      REQUIRE(who != on.members.end());
      CHECK_FALSE(who->dead());
      CHECK_FALSE(who->draining);
      CHECK(who->id != "n3");
      const bool keeps = who->expires_in <= 0s; // it may not be declared dead
      CHECK((!keeps || !known.may_declare_dead));
      const bool pinned = std::any_of(on.placement.begin(), on.placement.end(), [&](const auto& p) {
        return p.node == each.node && p.pinned;
      });
      if (!keeps && !pinned)
        CHECK(loads(on).at(each.node) <= (on.placement.size() + candidates - 1) / candidates);
    }
  }
}
