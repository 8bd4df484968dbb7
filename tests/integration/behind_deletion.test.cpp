#include "db/accounts/purge.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tools/replay/corpus_order.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <random>
#include <set>
#include <utility>

// A PDS may send a commit of an account behind the account's deletion, which is carried out when it
// is confirmed: in the official order all that was before is gone by then.

using namespace prism;
using namespace prism::test;

namespace {

/// Carries out all deletions that wait. @returns how many
std::size_t confirm_deletions(index_target& target) {
  auto tasks = must(db::claim_identity_tasks(target.connection, target.writer.node, 10'000,
                                             std::chrono::minutes{1}, {}))
                   .tasks;
  std::erase_if(tasks, [](const auto& each) { return each.kind != db::identity_kind::deletion; });
  for (const auto& each : tasks)
    must(db::purge_confirmed(target.connection, {}, {each, "test", 0, target.writer.node}));
  return tasks.size();
}

/// A profile that was created through a starter pack of alice, which is written here.
firehose_builder::fields joined_through_pack(firehose_builder& events) {
  const auto list = events.list("alice", "l", {{"purpose", "app.bsky.graph.defs#referencelist"}});
  const auto pack = events.create(
      "alice", "app.bsky.graph.starterpack/pack",
      {{"$type", "app.bsky.graph.starterpack"}, {"name", "a pack"}, {"list", list.uri}});
  return {{"$type", "app.bsky.actor.profile"}, {"joinedViaStarterPack", ref_to(pack)}};
}

} // namespace

TEST_CASE("a profile written behind its account's deletion is a new one, though that waits") {
  const std::string path = "app.bsky.actor.profile/self";
  const auto batch = GENERATE(1, 500);
  firehose_builder events;
  const auto joined = joined_through_pack(events);
  const firehose_builder::fields alone{{"$type", "app.bsky.actor.profile"}, {"displayName", "Bob"}};
  events.create("bob", path, alone);
  int told = 0;
  std::string kept; // of the profile, if that is looked at
  SECTION("behind it") {
    events.account("bob", false, "deleted");
    events.update("bob", path, joined);
    told = 1;
  }
  SECTION("created behind it") {
    events.account("bob", false, "deleted");
    events.create("bob", path, joined);
    told = 1;
    kept = "joined_via_id IS NOT NULL";
  }
  SECTION("created twice behind it: an error of the repo, and the first one stays") {
    events.account("bob", false, "deleted");
    events.create("bob", path, alone);
    events.create("bob", path, joined);
    kept = "display_name = 'Bob'";
  }
  SECTION("once") {
    events.account("bob", false, "deleted");
    events.update("bob", path, alone);
    events.update("bob", path, joined);
  }
  SECTION("before it") {
    events.update("bob", path, joined);
    events.account("bob", false, "deleted");
  }
  SECTION("not the account's") {
    events.account("carol", false, "deleted");
    events.update("bob", path, joined);
  }
  index_target target;
  target.verify_deletions = true;
  target.apply(events.take(), batch);
  CHECK(target.count("notifications WHERE reason = 9") == told);
  CHECK(confirm_deletions(target) == 1);
  CHECK(target.count("notifications WHERE reason = 9") == told);
  if (!kept.empty())
    CHECK(target.count("profiles WHERE " + kept) == 1);
}

namespace {

using dice = std::mt19937;

const std::vector<std::string> none;

/// Four accounts that write, change and delete records of most collections. Some are deleted and go
/// on, with records at the same paths. No replies and no verifications: what they notify and hide
/// depends on what a deletion ended, which is known only once it is confirmed.
class restless_accounts {
public:
  explicit restless_accounts(unsigned seed) : dice_(seed) {}

  std::vector<frame_bytes> events(int count) {
    for (int i = 0; i < count; ++i)
      act();
    return events_.take();
  }

private:
  static constexpr std::array<const char*, 4> names{"alice", "bob", "carol", "dave"};

  std::size_t roll(std::size_t sides) {
    return std::uniform_int_distribution<std::size_t>{0, sides - 1}(dice_);
  }
  std::string_view anybody() { return names[roll(names.size())]; }
  std::string rkey() { return fmt::format("r{}", roll(3)); }
  record_ref anything(std::string_view collection) {
    return {fmt::format("at://{}/{}/{}", did_of(anybody()), collection, rkey()),
            cid_of(block_of(firehose_builder::fields{{"a", 1}}))};
  }
  record_ref post() { return anything("app.bsky.feed.post"); }

  void act() {
    const std::string who{anybody()};
    if (roll(40) == 0 && deleted_.insert(who).second) {
      events_.account(who, false, "deleted");
      std::erase_if(live_, [&](const auto& each) { return each.first == who; });
      return;
    }
    auto [path, fields] = record();
    fields["createdAt"] = record_time;
    fields["$type"] = path.substr(0, path.find('/'));
    if (live_.emplace(who, path).second)
      events_.create(who, path, fields);
    else if (roll(2) == 0)
      events_.update(who, path, fields);
    else {
      events_.remove({fmt::format("at://{}/{}", did_of(who), path), ""});
      live_.erase({who, path});
    }
  }

  std::pair<std::string, firehose_builder::fields> record() {
    switch (roll(10)) {
    case 0:
      return {"app.bsky.feed.like/" + rkey(), {{"subject", ref_to(post())}}};
    case 1:
      return {"app.bsky.feed.repost/" + rkey(), {{"subject", ref_to(post())}}};
    case 2:
      return {"app.bsky.graph.follow/" + rkey(), {{"subject", did_of(anybody())}}};
    case 3:
      return {"app.bsky.graph.block/" + rkey(), {{"subject", did_of(anybody())}}};
    case 4:
      return {"app.bsky.actor.profile/self",
              {{"joinedViaStarterPack", ref_to(anything("app.bsky.graph.starterpack"))}}};
    case 5:
      return {"app.bsky.graph.list/" + rkey(),
              {{"purpose", "app.bsky.graph.defs#curatelist"}, {"name", "a list"}}};
    case 6:
      return {"app.bsky.graph.listitem/" + rkey(),
              {{"subject", did_of(anybody())}, {"list", anything("app.bsky.graph.list").uri}}};
    case 7:
      return {"app.bsky.feed.post/" + rkey(),
              {{"text", "a quote"},
               {"embed", {{"$type", "app.bsky.embed.record"}, {"record", ref_to(post())}}}}};
    case 8:
      return {"app.bsky.feed.generator/" + rkey(),
              {{"did", "did:web:feeds.test"}, {"displayName", "a feed"}}};
    default:
      return {"app.bsky.feed.post/" + rkey(), {{"text", fmt::format("post {}", roll(9))}}};
    }
  }

  dice dice_;
  firehose_builder events_;
  std::set<std::pair<std::string, std::string>> live_; // account, path
  std::set<std::string> deleted_;                      // once each
};

} // namespace

TEST_CASE("what accounts write behind their deletions is the same when those are confirmed later") {
  const char* wanted = std::getenv("PRISM_TEST_SEEDS");
  const auto seeds = wanted == nullptr ? 12UL : std::strtoul(wanted, nullptr, 10);
  index_target believed;
  index_target confirmed;
  confirmed.verify_deletions = true;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const auto frames = restless_accounts{seed}.events(300);
    believed.clear();
    believed.apply(frames, 1);
    confirmed.clear();
    confirmed.apply(frames, 1 + seed % 3 * 20);
    confirm_deletions(confirmed);
    auto tables = differing(confirmed.fingerprints(), believed.fingerprints());
    std::erase_if(tables, [](const auto& name) { return name.starts_with("past_"); });
    CHECK(tables == none);
  }
}

// The deletion comes again, with all that was written behind it already there.
TEST_CASE("a replay of a deletion removes nothing that was written behind it") {
  const auto how = GENERATE("believed", "confirmed", "refuted");
  index_target target;
  target.verify_deletions = std::string_view{how} != "believed";
  const auto look_up = [&] {
    if (std::string_view{how} == "refuted")
      must(target.connection.exec_script("DELETE FROM identity_tasks"));
    else
      confirm_deletions(target);
  };
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(how, seed);
    const auto frames = restless_accounts{seed}.events(300);
    target.clear();
    target.apply(frames, 1 + seed % 3 * 20);
    look_up();
    const auto once = target.fingerprints();
    target.apply(net::renumbered(frames, 100'000).value(), 1 + seed % 2 * 30);
    look_up();
    CHECK(differing(target.fingerprints(), once) == none);
  }
}

TEST_CASE("a profile from behind a deletion is not taken for an older one when that is replayed") {
  const std::string path = "app.bsky.actor.profile/self";
  firehose_builder events;
  const auto joined = joined_through_pack(events);
  events.create("bob", path, joined);
  events.account("bob", false, "deleted");
  events.create("bob", path, joined);
  auto frames = events.take();
  index_target target;
  target.verify_deletions = true;
  target.apply(frames, 100);
  CHECK(confirm_deletions(target) == 1);
  const auto told = target.count("notifications WHERE reason = 9");
  events.update("bob", path, joined);
  frames.push_back(events.take().front());
  target.apply(net::renumbered(frames, 100'000).value(), 100);
  CHECK(target.count("notifications WHERE reason = 9") == told);
}

TEST_CASE("the newest 16 deletions of an account are remembered") {
  firehose_builder events;
  for (int i = 0; i < 20; ++i)
    events.account("alice", false, "deleted");
  events.account("bob", false, "deleted");
  index_target target;
  target.verify_deletions = GENERATE(false, true);
  const auto frames = events.take();
  target.apply(frames, 100);
  CHECK(target.count("account_deletions") == 17);
  CHECK(target.count("account_deletions WHERE place >= (SELECT max(place) - 16 * 256 FROM "
                     "account_deletions)") == 17);
  target.apply(net::renumbered({frames.end() - 17, frames.end()}, 100'000).value(), 100);
  CHECK(target.count("account_deletions WHERE place < 100000 * 256") == 17);
}
