#include "core/cluster/node_machine.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::cluster;
using namespace std::chrono_literals;
using action = round_request::lease_action;
using standing = node_decision::standing;

namespace {

using prism::test::start;
const timing times{.ttl = 9s}; // margin 900 ms, renewal 3 s, round 900 ms

[[nodiscard]] member live(const node_id& id, std::chrono::milliseconds expires_in = 9s) {
  return {.id = id, .name = "host-" + id, .expires_in = expires_in};
}

[[nodiscard]] member dead(member who, std::string reason) {
  who.dead_reason = std::move(reason);
  return who;
}

/// Members a and b, and a lease.
[[nodiscard]] table with(lease lead, std::int64_t view = 1) {
  table out{.view = view, .lead = std::move(lead), .members = {live("a"), live("b")}};
  for (auto& each : out.members)
    each.view = view;
  return out;
}

[[nodiscard]] table led_by(const node_id& holder, std::chrono::milliseconds expires_in = 9s,
                           std::int64_t epoch = 1) {
  return with({holder, epoch, expires_in});
}

/// Node a after a successful round at `at`.
[[nodiscard]] node_machine after(const table& read, time_point at = start) {
  node_machine out("a", times);
  (void)out.begin_round(at);
  (void)out.on_table(read, at);
  return out;
}

/// A round of no duration.
node_decision round_of(node_machine& node, const table& read, time_point at) {
  (void)node.begin_round(at);
  return node.on_table(read, at);
}

} // namespace

TEST_CASE(
    "cluster node: its first round renews its membership and takes the lease if that is free") {
  node_machine node("a", times);
  CHECK(node.next_round() <= start);
  CHECK_FALSE(node.leads(start));
  const auto asked = node.begin_round(start);
  CHECK(asked.renew_member);
  CHECK(asked.lease == action::take);
  CHECK_FALSE(asked.draining);
  const auto then = node.on_table(led_by("a", 9s, 4), start + 100ms);
  CHECK(then.self == standing::member);
  CHECK(then.became_leader);
  CHECK_FALSE(then.lost_lead);
  CHECK(node.leads(start + 100ms));
  CHECK(node.epoch() == 4);
}

TEST_CASE(
    "cluster node: trust counts from the moment that the round began, and ends before the lease") {
  node_machine node("a", times);
  (void)node.begin_round(start);
  (void)node.on_table(led_by("a"), start + 2s);
  CHECK(node.trusted_until() == start + 9s - 900ms);
  CHECK(node.leads(start + 8'099ms));
  CHECK_FALSE(node.leads(start + 8'100ms));

  // An answer that comes after that gives no trust at all.
  node_machine late("a", times);
  (void)late.begin_round(start);
  const auto then = late.on_table(led_by("a"), start + 8'100ms);
  CHECK_FALSE(then.became_leader);
  CHECK_FALSE(late.leads(start + 8'100ms));
  CHECK(late.begin_round(start + 9s).lease == action::renew);
}

TEST_CASE("cluster node: a lease is trusted for no longer than the table says") {
  // The lease was taken by an earlier round, whose answer was lost.
  node_machine node("a", times);
  CHECK(node.begin_round(start).lease == action::take);
  const auto failed = node.on_failed(start + 1s);
  CHECK(failed.self == standing::member);
  CHECK_FALSE(failed.became_leader);
  CHECK_FALSE(node.leads(start + 1s));
  CHECK(node.begin_round(start + 2s).lease == action::take);
  CHECK(node.on_table(led_by("a", 7s, 3), start + 2s).became_leader);
  CHECK(node.trusted_until() == start + 2s + 7s - 900ms);
  CHECK(node.epoch() == 3);
  // Nor for longer than a ttl, whatever happens to the database's clock.
  (void)round_of(node, led_by("a", 1h, 3), start + 3s);
  CHECK(node.trusted_until() == start + 3s + 9s - 900ms);
}

TEST_CASE("cluster node: lease and membership are renewed when a third of their time has passed") {
  auto node = after(led_by("a"));
  for (const auto passed : {900ms, 1'800ms, 2'700ms}) {
    const auto asked = node.begin_round(start + passed);
    CHECK(asked.lease == action::none);
    CHECK_FALSE(asked.renew_member);
    auto read = led_by("a", 9s - passed);
    read.members[0].expires_in = 9s - passed;
    (void)node.on_table(read, start + passed);
    CHECK(node.trusted_until() == start + 9s - 900ms);
  }
  const auto asked = node.begin_round(start + 3'600ms);
  CHECK(asked.lease == action::renew);
  CHECK(asked.epoch == 1);
  CHECK(asked.renew_member);
  const auto then = node.on_table(led_by("a"), start + 3'600ms);
  CHECK_FALSE(then.became_leader);
  CHECK_FALSE(then.lost_lead);
  CHECK(node.trusted_until() == start + 3'600ms + 9s - 900ms);
}

TEST_CASE("cluster node: a follower renews only its membership, and says what it has seen") {
  auto node = after(led_by("b"));
  auto asked = node.begin_round(start + 3s);
  CHECK(asked.lease == action::none);
  CHECK(asked.renew_member);
  // The table has a newer view than this node's row.
  auto read = with({"b", 1, 9s}, 7);
  read.members[0].view = 1;
  (void)node.on_table(read, start + 3s);
  asked = node.begin_round(start + 3'900ms);
  CHECK(asked.renew_member);
  CHECK(asked.view == 7);
  (void)node.on_table(with({"b", 1, 9s}, 7), start + 3'900ms);
  CHECK_FALSE(node.begin_round(start + 4'800ms).renew_member);
}

TEST_CASE("cluster node: a view that the database has lost is not forgotten") {
  auto node = after(with({"b", 1, 9s}, 7));
  (void)round_of(node, with({"b", 1, 9s}, 5), start + 900ms);
  const auto asked = node.begin_round(start + 1'800ms);
  CHECK(asked.renew_member);
  CHECK(asked.view == 7);
}

TEST_CASE("cluster node: a lost answer changes no belief") {
  auto node = after(led_by("a"));
  CHECK(node.begin_round(start + 4s).lease == action::renew);
  auto then = node.on_failed(start + 5s);
  CHECK_FALSE(then.lost_lead);
  CHECK(node.trusted_until() == start + 9s - 900ms);
  // It may have been committed, but was not seen to be.
  CHECK(node.begin_round(start + 7s).lease == action::renew);
  then = node.on_failed(start + 8'100ms);
  CHECK(then.lost_lead);
  CHECK_FALSE(node.leads(start + 8'100ms));
  // Nobody took it meanwhile.
  CHECK(node.begin_round(start + 20s).lease == action::renew);
  then = node.on_table(led_by("a"), start + 20s);
  CHECK(then.became_leader);
  CHECK_FALSE(then.lost_lead);
  CHECK(node.epoch() == 1);
}

TEST_CASE("cluster node: an expired lease that nobody took is renewed") {
  auto node = after(led_by("a", -1s));
  CHECK_FALSE(node.leads(start));
  const auto asked = node.begin_round(start + 1s);
  CHECK(asked.lease == action::renew);
  CHECK(asked.epoch == 1);
  CHECK(node.on_table(led_by("a"), start + 1s).became_leader);
}

TEST_CASE("cluster node: the lead is lost when another node has the lease") {
  auto node = after(led_by("a"));
  const auto then = round_of(node, led_by("b", 9s, 2), start + 900ms);
  CHECK(then.self == standing::member);
  CHECK(then.lost_lead);
  CHECK_FALSE(then.became_leader);
  CHECK_FALSE(node.leads(start + 900ms));
  CHECK(node.begin_round(start + 1'800ms).lease == action::none);
}

TEST_CASE("cluster node: a lead that was lost and gained between two answers is said to be both") {
  SECTION("another epoch") {
    auto node = after(led_by("a"));
    const auto then = round_of(node, led_by("a", 9s, 3), start + 900ms);
    CHECK(then.lost_lead);
    CHECK(then.became_leader);
    CHECK(node.epoch() == 3);
  }
  SECTION("the trust had ended") {
    auto node = after(led_by("a"));
    (void)node.begin_round(start + 7s);
    const auto then = node.on_table(led_by("a"), start + 8'500ms);
    CHECK(then.lost_lead);
    CHECK(then.became_leader);
  }
}

TEST_CASE("cluster node: a node that reads that it is dead leads nothing and says why") {
  auto node = after(led_by("a"));
  auto read = led_by("a");
  SECTION("replaced") {
    read.members[0] = dead(live("a"), "replaced");
    CHECK(round_of(node, read, start + 900ms).self == standing::replaced);
  }
  SECTION("expired") {
    read.members[0] = dead(live("a"), "expired");
    CHECK(round_of(node, read, start + 900ms).self == standing::dead);
  }
  SECTION("left") {
    read.members[0] = dead(live("a"), "left");
    CHECK(round_of(node, read, start + 900ms).self == standing::dead);
  }
  SECTION("absent") {
    read.members.erase(read.members.begin());
    CHECK(round_of(node, read, start + 900ms).self == standing::dead);
  }
  SECTION("absent, and another process has its name: its row is too old to be kept") {
    read.members[0].id = "c";
    CHECK(round_of(node, read, start + 900ms).self == standing::replaced);
  }
  CHECK_FALSE(node.leads(start + 900ms));
  CHECK_FALSE(node.may_declare_dead(start + 900ms));
}

TEST_CASE("cluster node: the end of a leading node is a loss of the lead") {
  auto node = after(led_by("a"));
  auto read = led_by("b", 9s, 2);
  read.members[0] = dead(live("a"), "expired");
  CHECK(round_of(node, read, start + 900ms).lost_lead);
}

TEST_CASE("cluster node: an expired member renews, as it is not dead") {
  auto node = after(led_by("b"));
  auto read = led_by("b");
  read.members[0].expires_in = -5s;
  CHECK(round_of(node, read, start + 900ms).self == standing::member);
  CHECK(node.begin_round(start + 1s).renew_member);
}

TEST_CASE("cluster node: a leader that stops resigns") {
  auto node = after(led_by("a"));
  node.drain();
  CHECK(node.next_round() == start + 50ms);
  CHECK(node.leads(start + 50ms));
  auto asked = node.begin_round(start + 50ms);
  CHECK(asked.lease == action::resign);
  CHECK(asked.epoch == 1);
  CHECK(asked.draining);
  // From here on another node may have it.
  CHECK_FALSE(node.leads(start + 50ms));
  auto read = led_by("a", 0s);
  read.members[0].draining = true;
  SECTION("answered") {
    auto then = node.on_table(read, start + 100ms);
    CHECK(then.lost_lead);
    then = round_of(node, led_by("b", 9s, 2), start + 1s);
    CHECK_FALSE(then.lost_lead);
    // It takes no lease any more.
    (void)round_of(node, led_by("b", -1s, 2), start + 20s);
    CHECK(node.begin_round(start + 21s).lease == action::none);
  }
  SECTION("the answer was lost") {
    CHECK(node.on_failed(start + 1s).lost_lead);
    asked = node.begin_round(start + 2s);
    CHECK(asked.lease == action::resign);
    CHECK(asked.epoch == 1);
    // Another node had it and lost it.
    (void)node.on_table(led_by("b", -1s, 2), start + 2s);
    CHECK(node.begin_round(start + 3s).lease == action::none);
  }
  SECTION("a take whose answer was lost had been committed") {
    (void)node.on_table(led_by("a", 9s, 5), start + 100ms);
    CHECK_FALSE(node.leads(start + 100ms));
    asked = node.begin_round(start + 150ms);
    CHECK(asked.lease == action::resign);
    CHECK(asked.epoch == 5);
  }
}

TEST_CASE("cluster node: a node that an operator drains leads only while nobody else can") {
  auto node = after(led_by("a"));
  auto read = led_by("a");
  read.members[0].draining = true;
  SECTION("another can") {
    const auto then = round_of(node, read, start + 900ms);
    CHECK(then.next == start + 950ms);
    CHECK(node.begin_round(start + 950ms).lease == action::resign);
    read.lead = {"b", 2, -1s};
    (void)node.on_table(read, start + 950ms);
    CHECK(node.begin_round(start + 2s).lease == action::none);
  }
  SECTION("the others are draining, expired or dead") {
    read.members[1].draining = true;
    read.members.push_back(live("c", -1s));
    read.members.push_back(dead(live("d"), "left"));
    (void)round_of(node, read, start + 900ms);
    CHECK(node.leads(start + 900ms));
    CHECK(node.begin_round(start + 4s).lease == action::renew);
    read.lead = {"b", 2, -1s};
    (void)node.on_table(read, start + 4s);
    CHECK(node.begin_round(start + 5s).lease == action::take);
  }
}

TEST_CASE(
    "cluster node: an operator's drain is taken back, and the node does not bring it up again") {
  auto node = after(led_by("b"));
  auto read = led_by("b");
  read.members[0].draining = true;
  (void)round_of(node, read, start + 900ms);
  CHECK_FALSE(node.begin_round(start + 2s).draining);
  read.members[0].draining = false;
  read.lead = {"b", 2, -1s};
  (void)node.on_table(read, start + 2s);
  CHECK(node.begin_round(start + 3s).lease == action::take);
  SECTION("one that stops drains whatever the table says") {
    node.drain();
    (void)node.on_table(read, start + 3s);
    const auto asked = node.begin_round(start + 4s);
    CHECK(asked.draining);
    CHECK(asked.renew_member);
    CHECK(asked.lease == action::none);
  }
}

TEST_CASE("cluster node: rounds are due regularly, at once, or when the lease ends") {
  SECTION("leader") {
    node_machine leader("a", times);
    CHECK(round_of(leader, led_by("a"), start).next == start + 900ms);
  }
  node_machine node("a", times);
  (void)node.begin_round(start);
  SECTION("follower") {
    CHECK(node.on_table(led_by("b"), start + 100ms).next == start + 900ms);
  }
  SECTION("follower of a lease that ends earlier") {
    CHECK(node.on_table(led_by("b", 400ms), start + 100ms).next == start + 501ms);
    CHECK(node.begin_round(start + 501ms).lease == action::take);
  }
  SECTION("follower of a lease that is free") {
    CHECK(node.on_table(led_by("b", -3s), start + 100ms).next == start + 150ms);
  }
  SECTION("the holder is dead") {
    auto read = led_by("b");
    read.members[1] = dead(live("b"), "expired");
    CHECK(node.on_table(read, start + 100ms).next == start + 150ms);
    CHECK(node.begin_round(start + 150ms).lease == action::take);
  }
  SECTION("the holder is no member") {
    CHECK(node.on_table(led_by("c"), start + 100ms).next == start + 150ms);
    CHECK(node.begin_round(start + 150ms).lease == action::take);
  }
  SECTION("not while the lease lasts") {
    (void)node.on_table(led_by("b", 5s), start + 100ms);
    CHECK(node.begin_round(start + 5s).lease == action::none);
    (void)node.on_failed(start + 5s);
    CHECK(node.begin_round(start + 5'101ms).lease == action::take);
  }
  SECTION("slow rounds leave a pause") {
    CHECK(node.on_table(led_by("b"), start + 3s).next == start + 3'050ms);
  }
  SECTION("failures") {
    CHECK(node.on_failed(start + 100ms).next == start + 900ms);
    CHECK(node.begin_round(start + 900ms).renew_member);
    CHECK(node.on_failed(start + 5s).next == start + 5'050ms);
  }
  SECTION("the table changes before the round is answered") {
    node.hurry();
    CHECK(node.on_table(led_by("b"), start + 100ms).next == start + 150ms);
    (void)node.begin_round(start + 150ms);
    CHECK(node.on_table(led_by("b"), start + 160ms).next == start + 1'050ms);
  }
  SECTION("the table changes later") {
    (void)node.on_table(led_by("b"), start + 100ms);
    CHECK(node.next_round() == start + 900ms);
    node.hurry();
    CHECK(node.next_round() == start + 150ms);
  }
}

TEST_CASE("cluster node: only who has reached the database for a ttl may declare others dead") {
  node_machine node("a", times);
  auto now = start;
  CHECK_FALSE(node.may_declare_dead(now));
  // Rounds until `end`, each `lasting` that long.
  const auto run = [&](time_point end, std::chrono::milliseconds lasting = 0ms) {
    for (; now <= end; now += 900ms) {
      (void)node.begin_round(now);
      (void)node.on_table(led_by("a"), now + lasting);
    }
  };
  run(start + 8'100ms);
  CHECK_FALSE(node.may_declare_dead(start + 8'999ms));
  CHECK(node.may_declare_dead(start + 9s));
  // Known for a while only.
  CHECK_FALSE(node.may_declare_dead(start + 8'100ms + 3'001ms));
  run(now);
  SECTION("a failed round interrupts") {
    (void)node.begin_round(now);
    (void)node.on_failed(now);
    CHECK_FALSE(node.may_declare_dead(now));
    const auto back = now + 900ms;
    now = back;
    run(back + 8'100ms);
    CHECK_FALSE(node.may_declare_dead(back + 8'999ms));
    CHECK(node.may_declare_dead(back + 9s));
  }
  SECTION("a round that was late interrupts: the process was stopped") {
    now += 10s;
    const auto back = now;
    run(back);
    CHECK_FALSE(node.may_declare_dead(back));
    run(back + 8'100ms);
    CHECK(node.may_declare_dead(back + 9s));
  }
  SECTION("a round that lasted long interrupts: the database did not answer") {
    (void)node.begin_round(now);
    now += 5s;
    (void)node.on_table(led_by("a"), now);
    CHECK_FALSE(node.may_declare_dead(now));
    // When it was away is not known, so the next round is the first that counts.
    now += 50ms;
    const auto back = now;
    run(back + 8'100ms);
    CHECK_FALSE(node.may_declare_dead(back + 8'999ms));
    CHECK(node.may_declare_dead(back + 9s));
  }
  SECTION("slow rounds do not") {
    for (int i = 0; i < 10; ++i, now += 50ms) {
      (void)node.begin_round(now);
      now += 1'400ms;
      (void)node.on_table(led_by("a"), now);
      CHECK(node.may_declare_dead(now));
    }
  }
}
