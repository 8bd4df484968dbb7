#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <random>
#include <set>

// Notifications of verifications (@atproto/bsky, verification plugin), for any division into
// batches.

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

namespace {

constexpr const char* collection = "app.bsky.graph.verification";

[[nodiscard]] std::string path_of(std::string_view rkey) {
  return fmt::format("{}/{}", collection, rkey);
}

[[nodiscard]] firehose_builder::fields verification_of(std::string_view whom,
                                                       std::string_view name) {
  return {{"$type", collection},
          {"subject", did_of(whom)},
          {"handle", fmt::format("{}.test", whom)},
          {"displayName", name},
          {"createdAt", record_time}};
}

/// Verifications by Alice.
struct verifier {
  firehose_builder events;

  void verify(std::string_view rkey, std::string_view whom = "bob") {
    events.create("alice", path_of(rkey), verification_of(whom, "a name"));
  }
  void update(std::string_view rkey, std::string_view whom = "bob") {
    events.update("alice", path_of(rkey), verification_of(whom, "another name"));
  }
  void end(std::string_view rkey) {
    events.remove({fmt::format("at://{}/{}", did_of("alice"), path_of(rkey)), ""});
  }
  [[nodiscard]] lines notifications_in(std::size_t batch) {
    return notifications_of(events, batch);
  }
};

} // namespace

TEST_CASE("a verification notifies when it is created and when it is deleted") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  verifier alice;
  SECTION("created") {
    alice.verify("v1");
    CHECK(alice.notifications_in(batch) == lines{"bob verified alice/v1"});
  }
  SECTION("created and deleted") {
    alice.verify("v1");
    alice.end("v1");
    CHECK(alice.notifications_in(batch) ==
          lines{"bob unverified alice/v1", "bob verified alice/v1"});
  }
  SECTION("created, deleted and created") {
    alice.verify("v1");
    alice.end("v1");
    alice.verify("v1");
    CHECK(alice.notifications_in(batch) ==
          lines{"bob unverified alice/v1", "bob verified alice/v1", "bob verified alice/v1"});
  }
}

TEST_CASE("an update of a verification notifies only that the old version ended") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  verifier alice;
  alice.verify("v1");
  SECTION("for the same account") {
    alice.update("v1");
  }
  SECTION("for another account") {
    alice.update("v1", "carol");
  }
  CHECK(alice.notifications_in(batch) == lines{"bob unverified alice/v1", "bob verified alice/v1"});
}

TEST_CASE("a duplicate verification notifies nobody, whether it stays or is deleted") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  verifier alice;
  alice.verify("v1");
  alice.verify("v2");
  const lines of_first{"bob verified alice/v1"};
  SECTION("it stays") {
    CHECK(alice.notifications_in(batch) == of_first);
  }
  SECTION("is deleted") {
    alice.end("v2");
    CHECK(alice.notifications_in(batch) == of_first);
  }
  SECTION("is deleted within one batch") {
    index_target target;
    target.apply(alice.events.take(), batch);
    alice.verify("v3");
    alice.end("v3");
    target.apply(alice.events.take(), batch);
    CHECK(notifications(target.connection) == of_first);
  }
  SECTION("is updated to another account") {
    alice.update("v2", "carol");
    CHECK(alice.notifications_in(batch) ==
          lines{"bob verified alice/v1", "carol verified alice/v2"});
  }
}

TEST_CASE("a duplicate that replaces a counted verification notifies nobody") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  verifier alice;
  alice.verify("v1");
  alice.verify("v2");
  alice.end("v1");
  SECTION("and stays") {
    CHECK(alice.notifications_in(batch) ==
          lines{"bob unverified alice/v1", "bob verified alice/v1"});
  }
  SECTION("and is deleted in turn") {
    alice.end("v2");
    CHECK(alice.notifications_in(batch) ==
          lines{"bob unverified alice/v1", "bob unverified alice/v2", "bob verified alice/v1"});
  }
}

TEST_CASE("batches of any size cause the same notifications of verifications") {
  const auto seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  std::minstd_rand dice{seed};
  const auto roll = [&](std::size_t sides) { return static_cast<std::size_t>(dice() / 7) % sides; };
  verifier alice;
  std::set<std::string> live;
  for (int i = 0; i < 60; ++i) {
    const auto rkey = fmt::format("v{}", roll(5));
    const std::string whom = roll(3) == 0 ? "carol" : "bob";
    if (!live.contains(rkey)) {
      live.insert(rkey);
      alice.verify(rkey, whom);
    } else if (roll(2) == 0) {
      alice.update(rkey, whom);
    } else {
      live.erase(rkey);
      alice.end(rkey);
    }
  }
  const auto frames = alice.events.take();
  index_target one_by_one;
  one_by_one.apply(frames, 1);
  REQUIRE(notifications(one_by_one.connection).size() > 10);
  index_target target;
  for (const std::size_t batch : {2, 7, 60}) {
    INFO("batches of " << batch);
    target.clear();
    target.apply(frames, batch);
    CHECK(notifications(target.connection) == notifications(one_by_one.connection));
    CHECK(differing(one_by_one.fingerprints(), target.fingerprints()) == lines{});
  }
}
