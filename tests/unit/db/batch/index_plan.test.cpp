#include "db/batch/index_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>

using namespace prism::db;
using prism::atproto::collection;

namespace {

/// A batch of operations, each a commit of its own with a later rev than the one before.
struct batch_maker {
  batch made;

  batch_maker& add(op_action action, collection kind, std::string rkey, did_ref creator = 0) {
    op next;
    next.creator = creator;
    next.kind = kind;
    next.action = action;
    next.rkey = std::move(rkey);
    next.rev = "rev" + std::to_string(made.ops.size());
    next.place = static_cast<stream_place>(1'000 + made.ops.size());
    made.ops.push_back(std::move(next));
    return *this;
  }
};

constexpr auto create = op_action::create;
constexpr auto update = op_action::update;
constexpr auto remove_op = op_action::remove;

} // namespace

TEST_CASE("one operation is the plan of its path") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a")
                  .add(update, collection::post, "b")
                  .add(remove_op, collection::post, "c")
                  .made;
  auto plan = make_plan(made, {});
  const auto& paths = plan.of(collection::post);
  REQUIRE(paths.size() == 3);
  CHECK(paths[0].put == &made.ops[0]);
  CHECK_FALSE(paths[0].remove_old);
  CHECK(paths[1].put == &made.ops[1]);
  CHECK(paths[1].remove_old);
  CHECK(paths[2].put == nullptr);
  CHECK(paths[2].remove_old);
  CHECK(paths[2].rkey == "c");
  CHECK(paths[2].first_place == 1'002);
  CHECK(plan.stale == 0);
}

TEST_CASE("the operations on one path are folded into their net effect") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a")
                  .add(update, collection::post, "a")
                  .add(remove_op, collection::post, "a")
                  .add(create, collection::post, "a")
                  .made;
  auto plan = make_plan(made, {});
  const auto& paths = plan.of(collection::post);
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].put == &made.ops[3]);
  CHECK(paths[0].remove_old);
  CHECK(paths[0].first_place == 1'000);
  REQUIRE(paths[0].superseded.size() == 2); // a post keeps history
  CHECK(paths[0].superseded[0].until == 1'001);
  CHECK(paths[0].superseded[1].until == 1'002);
}

TEST_CASE("a record that is created and deleted in one batch leaves nothing to insert") {
  auto made =
      batch_maker{}.add(create, collection::like, "a").add(remove_op, collection::like, "a").made;
  auto plan = make_plan(made, {});
  const auto& paths = plan.of(collection::like);
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].put == nullptr);
  CHECK(paths[0].remove_old);         // an older version may exist
  CHECK(paths[0].superseded.empty()); // a like keeps no history
}

TEST_CASE("the first of two creates of a record stays") {
  auto made =
      batch_maker{}.add(create, collection::post, "a").add(create, collection::post, "a").made;
  auto plan = make_plan(made, {});
  REQUIRE(plan.of(collection::post).size() == 1);
  CHECK(plan.of(collection::post)[0].put == &made.ops[0]);
}

TEST_CASE("an update of a record that the batch created replaces it") {
  auto made =
      batch_maker{}.add(create, collection::post, "a").add(update, collection::post, "a").made;
  auto plan = make_plan(made, {});
  REQUIRE(plan.of(collection::post).size() == 1);
  CHECK(plan.of(collection::post)[0].put == &made.ops[1]);
  CHECK_FALSE(plan.of(collection::post)[0].remove_old);
}

TEST_CASE("paths differ by repo, collection and record key") {
  auto made = batch_maker{}
                  .add(create, collection::like, "a", 0)
                  .add(create, collection::like, "a", 1)
                  .add(create, collection::repost, "a", 0)
                  .add(create, collection::like, "b", 0)
                  .made;
  auto plan = make_plan(made, {});
  CHECK(plan.of(collection::like).size() == 3);
  CHECK(plan.of(collection::repost).size() == 1);
}

TEST_CASE("operations of commits that are not newer than the stored one are left out") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a", 0)
                  .add(create, collection::post, "b", 0)
                  .add(create, collection::post, "c", 0)
                  .add(create, collection::post, "d", 1)
                  .made;
  auto plan = make_plan(made, {{0, {.rev = "rev1"}}});
  REQUIRE(plan.of(collection::post).size() == 2);
  CHECK(plan.of(collection::post)[0].rkey == "c");
  CHECK(plan.of(collection::post)[1].rkey == "d");
  CHECK(plan.stale == 2);
}

TEST_CASE("within a batch a commit that is not newer than an earlier head is left out") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a")
                  .add(create, collection::post, "b") // the same commit
                  .add(create, collection::post, "c") // another one with the same rev
                  .add(create, collection::post, "d") // below the #sync
                  .add(create, collection::post, "e") // equal to it
                  .add(create, collection::post, "f")
                  .add(create, collection::post, "g", 1) // another repo
                  .made;
  const auto head = [&](std::string rev, std::size_t ops_before) {
    made.heads.push_back({0, std::move(rev), {}, 0, ops_before});
  };
  for (auto& each : made.ops)
    each.rev = "rev1";
  head("rev1", 2);
  head("rev1", 3);
  head("rev9", 3); // a #sync
  made.ops[3].rev = "rev8";
  head("rev8", 4);
  made.ops[4].rev = "rev9";
  head("rev9", 5);
  made.ops[5].rev = "revA";
  auto plan = make_plan(made, {});
  const auto& paths = plan.of(collection::post);
  REQUIRE(paths.size() == 4);
  CHECK(paths[0].rkey == "a");
  CHECK(paths[1].rkey == "b");
  CHECK(paths[2].rkey == "f");
  CHECK(paths[3].rkey == "g");
  CHECK(plan.stale == 3);
}

TEST_CASE("the plan leaves out the same operations however the stream is cut into batches") {
  // Each commit has one or two operations; some have the rev of the one before, or less.
  const std::vector<std::pair<std::string, int>> commits{
      {"rev3", 2}, {"rev3", 1}, {"rev1", 1}, {"rev5", 0 /* a #sync */}, {"rev4", 2}, {"rev5", 1},
      {"rev6", 2}, {"rev6", 2}, {"rev7", 1}};
  const auto kept = [&](std::size_t size) {
    std::vector<std::string> out;
    known_repos stored;
    for (std::size_t first = 0; first < commits.size(); first += size) {
      batch_maker part;
      for (std::size_t i = first; i < std::min(first + size, commits.size()); ++i) {
        const auto& [rev, ops] = commits[i];
        for (int n = 0; n < ops; ++n) {
          part.add(create, collection::post, std::to_string(i) + "-" + std::to_string(n));
          part.made.ops.back().rev = rev;
        }
        part.made.heads.push_back({0, rev, {}, 0, part.made.ops.size()});
      }
      auto plan = make_plan(part.made, stored);
      for (const auto& path : plan.of(collection::post))
        out.emplace_back(path.rkey);
      for (const auto& head : part.made.heads)
        stored[0].rev = std::max(stored[0].rev, head.rev);
    }
    return out;
  };
  const std::vector<std::string> wanted{"0-0", "0-1", "6-0", "6-1", "8-0"};
  for (std::size_t size = 1; size <= commits.size(); ++size)
    CHECK(kept(size) == wanted);
}

TEST_CASE("operations on profiles and verifications are also kept in order") {
  auto made = batch_maker{}
                  .add(create, collection::profile, "self")
                  .add(create, collection::post, "a")
                  .add(create, collection::verification, "v")
                  .add(update, collection::profile, "self")
                  .made;
  const auto plan = make_plan(made, {});
  CHECK(plan.ordered_ops == std::vector<const op*>{&made.ops[0], &made.ops[2], &made.ops[3]});
}

TEST_CASE("a record created behind its account's deletion replaces the one from before it") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a")
                  .add(create, collection::post, "a")
                  .add(create, collection::post, "b")
                  .add(create, collection::post, "b", 1)
                  .made;
  made.ops[1].place = 1'009;
  const auto with_waiting = [&](stream_place place) {
    return make_plan(made, {{0, {.rev = "", .waiting_deletion = place}}});
  };
  SECTION("a deletion that waits") {
    const auto plan = with_waiting(900);
    const auto& paths = plan.paths[static_cast<std::size_t>(collection::post)];
    REQUIRE(paths.size() == 3);
    CHECK(paths[0].remove_old);
    CHECK(paths[0].put == &made.ops[0]); // a second create of a live record
    CHECK(paths[1].remove_old);
    CHECK_FALSE(paths[2].remove_old); // another account
  }
  SECTION("between two creates") {
    const auto plan = with_waiting(1'001);
    const auto& paths = plan.paths[static_cast<std::size_t>(collection::post)];
    CHECK(paths[0].put == &made.ops[1]);
    REQUIRE(paths[0].superseded.size() == 1);
    CHECK(paths[0].superseded[0].what == &made.ops[0]);
  }
  SECTION("behind them") {
    const auto plan = with_waiting(5'000);
    for (const auto& path : plan.paths[static_cast<std::size_t>(collection::post)])
      CHECK_FALSE(path.remove_old);
  }
  SECTION("in the batch") {
    account_event deleted;
    deleted.account = 0;
    deleted.active = false;
    deleted.status = "deleted";
    deleted.place = 1'001;
    made.accounts.push_back(deleted);
    const auto plan = make_plan(made, {});
    CHECK(plan.paths[static_cast<std::size_t>(collection::post)][0].put == &made.ops[1]);
    CHECK(plan.last_deletion(0, 1'001) == 0);
    CHECK(plan.last_deletion(0, 1'009) == 1'001);
    CHECK(plan.last_deletion(1, 1'009) == 0);
  }
}
