#include "db/batch/index_plan.hpp"

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
  auto plan = make_plan(made, {{0, "rev1"}});
  REQUIRE(plan.of(collection::post).size() == 2);
  CHECK(plan.of(collection::post)[0].rkey == "c");
  CHECK(plan.of(collection::post)[1].rkey == "d");
  CHECK(plan.stale == 2);
}

TEST_CASE("a commit older than an earlier one of the batch is left out, the same commit is not") {
  auto made = batch_maker{}
                  .add(create, collection::post, "a")
                  .add(create, collection::post, "b")
                  .add(create, collection::post, "c")
                  .made;
  made.ops[0].rev = "rev5";
  made.ops[1].rev = "rev4";
  made.ops[2].rev = "rev5";
  auto plan = make_plan(made, {});
  REQUIRE(plan.of(collection::post).size() == 2);
  CHECK(plan.of(collection::post)[1].rkey == "c");
  CHECK(plan.stale == 1);
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
