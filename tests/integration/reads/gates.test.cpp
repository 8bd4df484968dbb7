// Hidden replies and detached quotes in the results of read queries.

#include "db/reads/thread.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] std::int64_t id_of(db::connection& on, std::string_view who, std::string_view rkey) {
  const auto found = must(reads::find_post(on, did_of(who), rkey));
  REQUIRE(found);
  return *found;
}

/// The replies of a thread as text: "b1" or "b1 hidden".
[[nodiscard]] std::vector<std::string> replies_of(db::connection& on, std::int64_t post) {
  std::vector<std::string> out;
  for (const auto& each : must(reads::read_thread(on, post)).replies)
    out.push_back(each.rkey + (each.hidden ? " hidden" : ""));
  return out;
}

/// The quotes of a post as text: "b1" or "b1 removed".
[[nodiscard]] std::vector<std::string> quotes_of(db::connection& on, std::int64_t post) {
  std::vector<std::string> out;
  for (const auto& each : must(reads::quotes_of(on, post, reads::newest_post, 100)).rows)
    out.push_back(each.rkey + (each.embed_removed ? " removed" : ""));
  return out;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a reply hidden by the thread's author is returned and marked") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto first = events.reply("bob", "b1", root, root);
  events.reply("carol", "c1", first, root);
  const auto last = events.reply("bob", "b2", root, root);
  const firehose_builder::fields gate{{"$type", "app.bsky.feed.threadgate"},
                                      {"post", root.uri},
                                      {"hiddenReplies", {last.uri}},
                                      {"createdAt", record_time}};
  events.create("alice", "app.bsky.feed.threadgate/a1", gate);
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  CHECK(replies_of(on, id_of(on, "alice", "a1")) == lines{"b1", "b2 hidden", "c1"});
  // The thread's gate counts, wherever in the thread the read begins.
  const auto own = must(reads::read_thread(on, id_of(on, "bob", "b2"))).ancestors_and_post;
  REQUIRE(own.size() == 2);
  CHECK_FALSE(own.front().hidden);
  CHECK(own.back().hidden);
  events.remove({"at://did:plc:alice/app.bsky.feed.threadgate/a1", ""});
  target.apply(events.take(), 100);
  CHECK(replies_of(on, id_of(on, "alice", "a1")) == lines{"b1", "b2", "c1"});
}

TEST_CASE("a detached quote is marked like one that the gate did not allow") {
  firehose_builder events;
  const auto post = events.post("alice", "a1");
  events.quote("bob", "b1", post);
  const auto taken_out = events.quote("bob", "b2", post);
  firehose_builder::fields gate{{"$type", "app.bsky.feed.postgate"},
                                {"post", post.uri},
                                {"detachedEmbeddingUris", {taken_out.uri}},
                                {"createdAt", record_time}};
  events.create("alice", "app.bsky.feed.postgate/a1", gate);
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  const auto id = id_of(on, "alice", "a1");
  CHECK(quotes_of(on, id) == lines{"b2 removed", "b1"});
  gate["embeddingRules"] = {{{"$type", "app.bsky.feed.postgate#disableRule"}}};
  gate.erase("detachedEmbeddingUris");
  events.update("alice", "app.bsky.feed.postgate/a1", gate);
  events.quote("bob", "b3", post);
  target.apply(events.take(), 100);
  CHECK(quotes_of(on, id) == lines{"b3 removed", "b2", "b1"});
}
