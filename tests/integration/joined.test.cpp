#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// A new profile that names a starter pack notifies the pack's owner, once (@atproto/bsky, profile
// plugin), however the frames are divided into batches.

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

namespace {

const lines one_notification{"alice joined bob/self of alice/pack"};
const record_ref bobs_profile{"at://did:plc:bob/app.bsky.actor.profile/self", ""};

[[nodiscard]] firehose_builder::fields profile_of(const record_ref* pack) {
  firehose_builder::fields out{{"$type", "app.bsky.actor.profile"}, {"displayName", "Bob"}};
  if (pack != nullptr)
    out["joinedViaStarterPack"] = ref_to(*pack);
  return out;
}

/// Alice's starter pack, and the events of Bob's profile.
struct newcomer {
  firehose_builder events;
  record_ref pack;

  newcomer() {
    const auto list =
        events.list("alice", "l1", {{"purpose", "app.bsky.graph.defs#referencelist"}});
    pack = events.create("alice", "app.bsky.graph.starterpack/pack",
                         {{"$type", "app.bsky.graph.starterpack"},
                          {"name", "a pack"},
                          {"list", list.uri},
                          {"createdAt", record_time}});
  }

  void join(const char* rkey = "self") {
    events.create("bob", std::string{"app.bsky.actor.profile/"} + rkey, profile_of(&pack));
  }
  void begin_alone() { events.create("bob", "app.bsky.actor.profile/self", profile_of(nullptr)); }
  void update(bool joined) {
    events.update("bob", "app.bsky.actor.profile/self", profile_of(joined ? &pack : nullptr));
  }
  void leave() { events.remove(bobs_profile); }

  [[nodiscard]] lines notifications_in(std::size_t batch) {
    return notifications_of(events, batch);
  }
};

} // namespace

TEST_CASE("joining through a starter pack notifies its owner, and a later version does not") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  newcomer bob;
  SECTION("created") {
    bob.join();
    CHECK(bob.notifications_in(batch) == one_notification);
  }
  SECTION("created and updated") {
    bob.join();
    bob.update(true);
    bob.update(false);
    CHECK(bob.notifications_in(batch) == one_notification);
  }
  SECTION("the pack is named only by an update") {
    bob.begin_alone();
    bob.update(true);
    CHECK(bob.notifications_in(batch) == lines{});
  }
  SECTION("an update of an unknown profile counts as its creation") {
    bob.update(true);
    CHECK(bob.notifications_in(batch) == one_notification);
  }
}

TEST_CASE("a new profile's notification stays when the profile is deleted") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  newcomer bob;
  SECTION("created and deleted") {
    bob.join();
    bob.leave();
    CHECK(bob.notifications_in(batch) == one_notification);
  }
  SECTION("created, deleted and created again") {
    bob.join();
    bob.leave();
    bob.join();
    CHECK(bob.notifications_in(batch) == lines{one_notification.front(), one_notification.front()});
  }
  SECTION("deleted and created again") {
    bob.begin_alone();
    bob.leave();
    bob.join();
    CHECK(bob.notifications_in(batch) == one_notification);
  }
}

TEST_CASE("a batch that deletes a profile and creates it again notifies") {
  newcomer bob;
  bob.begin_alone();
  index_target target;
  target.apply(bob.events.take(), 100);
  bob.leave();
  bob.join();
  target.apply(bob.events.take(), 100);
  CHECK(notifications(target.connection) == one_notification);
}

TEST_CASE("profiles under other keys than self neither notify nor prevent a notification") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  newcomer bob;
  bob.join("x");
  index_target target;
  target.apply(bob.events.take(), batch);
  bob.events.remove({"at://did:plc:bob/app.bsky.actor.profile/x", ""});
  bob.join();
  target.apply(bob.events.take(), batch);
  CHECK(notifications(target.connection) == one_notification);
  CHECK(target.reasons.empty());
}
