// What the operator suggests, and accounts that are similar to one.

#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

using texts = std::vector<std::string>;

[[nodiscard]] texts dids(std::initializer_list<const char*> names) {
  texts out;
  for (const auto* name : names)
    out.push_back(did_of(name));
  return out;
}

template <class Texts>
[[nodiscard]] texts list(const Texts& from) {
  return {from.begin(), from.end()};
}

void suggest(db::connection& on, const texts& whom) {
  for (const auto& did : whom)
    must(on.exec_script(fmt::format("INSERT INTO suggested_follows (did) VALUES ('{}')", did)));
}

[[nodiscard]] bsky::GetFollowSuggestionsResponse follows(db::executor& on, int limit,
                                                         const std::string& cursor = {}) {
  bsky::GetFollowSuggestionsRequest request;
  request.set_actor_did(did_of("alice"));
  request.set_limit(limit);
  request.set_cursor(cursor);
  return ask<bsky::GetFollowSuggestionsResponse>(on, "GetFollowSuggestions", request);
}

[[nodiscard]] texts similar(db::executor& on, const std::string& viewer, const std::string& account,
                            int limit = 0, const std::string& cursor = {}) {
  bsky::GetFollowSuggestionsRequest request;
  request.set_actor_did(viewer);
  request.set_relative_to_did(account);
  request.set_limit(limit);
  request.set_cursor(cursor);
  return list(ask<bsky::GetFollowSuggestionsResponse>(on, "GetFollowSuggestions", request).dids());
}

/// Bob likes posts of carol twice, of dan three times, and of alice and erin; erin is followed by
/// alice. Bob follows frank, grace and carol; grace has more followers than frank.
[[nodiscard]] std::vector<frame_bytes> small_network() {
  firehose_builder events;
  const auto like_of = [&](const char* whom, int number) {
    const auto post = events.post(whom, fmt::format("p{}", number));
    events.like("bob", fmt::format("{}{}", whom, number), post);
  };
  like_of("carol", 1);
  like_of("carol", 2);
  for (const int number : {1, 2, 3})
    like_of("dan", number);
  like_of("alice", 1);
  like_of("erin", 1);
  events.follow("alice", "f1", "erin");
  events.follow("bob", "f1", "frank");
  events.follow("bob", "f2", "grace");
  events.follow("bob", "f3", "carol");
  events.follow("dan", "f1", "grace");
  events.post("heidi", "p1");
  return events.take();
}

} // namespace

TEST_CASE("suggested accounts come in the operator's order, known ones only, page by page") {
  index_target target;
  target.apply(small_network(), 10);
  auto& on = target.connection;
  CHECK(follows(on, 2).dids_size() == 0);
  CHECK(follows(on, 2).cursor().empty());
  suggest(on, dids({"dan", "unknown", "carol", "bob"}));
  const auto first = follows(on, 2);
  CHECK(list(first.dids()) == dids({"dan", "carol"}));
  const auto second = follows(on, 2, first.cursor());
  CHECK(list(second.dids()) == dids({"bob"}));
  // The AppView leaves some out, so it asks on until a page is empty.
  const auto last = follows(on, 2, second.cursor());
  CHECK(last.dids_size() == 0);
  CHECK(last.cursor().empty());
  CHECK(follows(on, 0).dids_size() == 3);
}

TEST_CASE("a cursor of suggestions that is no number is refused") {
  index_target target;
  bsky::GetSuggestedFeedsRequest request;
  for (const auto* cursor : {"x", "1:2", "1 ", "99999999999999999999"}) {
    request.set_cursor(cursor);
    const auto refused =
        try_ask<bsky::GetSuggestedFeedsResponse>(target.connection, "GetSuggestedFeeds", request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == net::grpc_status::invalid_argument);
  }
}

TEST_CASE("suggested feeds have a cursor while there are more") {
  index_target target;
  auto& on = target.connection;
  must(on.exec_script("INSERT INTO suggested_feeds VALUES (7, 'at://b'), (2, 'at://a')"));
  bsky::GetSuggestedFeedsRequest request;
  request.set_limit(1);
  const auto first = ask<bsky::GetSuggestedFeedsResponse>(on, "GetSuggestedFeeds", request);
  CHECK(list(first.uris()) == texts{"at://a"});
  request.set_cursor(first.cursor());
  const auto last = ask<bsky::GetSuggestedFeedsResponse>(on, "GetSuggestedFeeds", request);
  CHECK(list(last.uris()) == texts{"at://b"});
  CHECK(last.cursor().empty());
}

TEST_CASE("suggested entities have their tags") {
  index_target target;
  auto& on = target.connection;
  must(on.exec_script("INSERT INTO suggested_entities (tag, subject, subject_type) VALUES "
                      "('cats', 'did:plc:cat', 'actor'), ('dogs', 'at://dog', 'feed')"));
  const auto found = ask<bsky::GetSuggestedEntitiesResponse>(on, "GetSuggestedEntities",
                                                             bsky::GetSuggestedEntitiesRequest{});
  REQUIRE(found.entities_size() == 2);
  CHECK(found.entities(0).tag() == "cats");
  CHECK(found.entities(1).subject() == "at://dog");
  CHECK(found.entities(1).subject_type() == "feed");
}

TEST_CASE("similar accounts: whom it likes most, then whom it follows, then the operator's") {
  index_target target;
  target.apply(small_network(), 10);
  auto& on = target.connection;
  const auto alice = did_of("alice");
  const auto bob = did_of("bob");
  suggest(on, dids({"erin", "carol", "bob", "alice", "heidi"}));
  // Alice herself, and erin, whom she follows, are left out.
  CHECK(similar(on, alice, bob) == dids({"dan", "carol", "grace", "frank", "heidi"}));
  CHECK(similar(on, alice, bob, 3) == dids({"dan", "carol", "grace"}));
  CHECK(similar(on, alice, bob, 10, "1").empty());
  CHECK(similar(on, {}, bob, 3) == dids({"dan", "carol", "alice"}));
  const std::string no_did{"did:\0", 5};
  CHECK(similar(on, no_did, bob, 3) == dids({"dan", "carol", "alice"}));
  CHECK(similar(on, alice, no_did) == dids({"carol", "bob", "heidi"}));
  CHECK(similar(on, alice, "did:plc:nobody") == dids({"carol", "bob", "heidi"}));
}

TEST_CASE("at most ten similar accounts are given, whatever is asked for") {
  index_target target;
  firehose_builder events;
  for (int i = 0; i < 20; ++i)
    events.follow("bob", fmt::format("f{}", i), fmt::format("user{}", i));
  target.apply(events.take(), 10);
  CHECK(similar(target.connection, did_of("alice"), did_of("bob"), 1000).size() == 10);
}
