#include "atproto/frame/frame.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tools/replay/corpus_file.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

using namespace prism;
using namespace prism::test;

namespace {

/// Indexes events in the orders that the repos allow (at most some two dozen of them), in batches
/// of several sizes, and requires the same rows each time. @returns the target of the original
/// order.
[[nodiscard]] std::unique_ptr<index_target> same_in_every_order(const firehose_builder& events) {
  constexpr std::size_t max_orders = 24;

  auto first = std::make_unique<index_target>();
  const auto orders = events.orders();
  REQUIRE(orders.size() > 5);
  first->apply(events.in_order(orders.front()), 1);
  const auto expected = first->fingerprints();
  const auto stride = orders.size() / max_orders + 1;
  const std::size_t batches[] = {1, 3, events.size()};
  index_target target;
  for (std::size_t i = 1; i < orders.size(); i += stride) {
    target.clear();
    const auto batch = batches[(i / stride) % std::size(batches)];
    target.apply(events.in_order(orders[i]), batch);
    for (const auto& [table, hash] : target.fingerprints()) {
      INFO(table << ", order " << i << ", batches of " << batch);
      CHECK(hash == expected.at(table));
    }
  }
  return first;
}

[[nodiscard]] firehose_builder::json gate_rule(std::string_view name) {
  return {{"$type", "app.bsky.feed.threadgate#" + std::string{name}}};
}

[[nodiscard]] firehose_builder::fields gate_of(const record_ref& post, boost::json::array allow) {
  return {{"$type", "app.bsky.feed.threadgate"},
          {"post", post.uri},
          {"allow", std::move(allow)},
          {"createdAt", record_time}};
}

/// The frames in a random order of arrival that keeps the order of each repo.
[[nodiscard]] net::corpus shuffled(const net::corpus& frames, std::uint64_t seed) {
  std::vector<std::string> turns;
  std::map<std::string, std::deque<frame_bytes>> of_repo;
  for (const auto& frame : frames) {
    turns.emplace_back(atproto::peek_frame(*frame)->did);
    of_repo[turns.back()].push_back(frame);
  }
  std::ranges::shuffle(turns, std::mt19937_64{seed});
  net::corpus out;
  for (const auto& repo : turns) {
    out.push_back(of_repo[repo].front());
    of_repo[repo].pop_front();
  }
  return out;
}

[[nodiscard]] std::string gate_results(index_target& target) {
  return value(target.connection,
               "SELECT string_agg(u.rkey || ' ' || coalesce(violates_thread_gate, false) || ' ' || "
               "coalesce(violates_embedding_rules, false) || ' ' || coalesce(invalid_reply_root, "
               "false), ', ' ORDER BY u.rkey) FROM posts p JOIN uris u ON u.id = p.id "
               "WHERE reply_root_id IS NOT NULL OR quoted_id IS NOT NULL");
}

} // namespace

TEST_CASE("a reply is checked against the gate and the follows of its own time") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  events.create("alice", "app.bsky.feed.threadgate/a1",
                gate_of(root, {gate_rule("followingRule")}));
  events.reply("bob", "b1", root, root);
  const auto follow = events.follow("alice", "f1", "bob");
  events.reply("bob", "b2", root, root);
  events.remove(follow);
  events.reply("bob", "b3", root, root);
  const auto target = same_in_every_order(events);
  CHECK(gate_results(*target) == "b1 true false false, b2 false false false, b3 true false false");
  CHECK(counts(target->connection, root) == "0 0 1 0");
}

TEST_CASE("a reply is checked against the lists of its own time, even if the list is not indexed") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto list = record_ref{"at://did:plc:carol/app.bsky.graph.list/l1", ""};
  events.create(
      "alice", "app.bsky.feed.threadgate/a1",
      gate_of(root, {{{"$type", "app.bsky.feed.threadgate#listRule"}, {"list", list.uri}}}));
  const auto item = events.list_item("carol", "i1", list, "bob");
  events.reply("bob", "b1", root, root);
  const auto made_list = events.list("carol", "l1");
  events.remove(item);
  events.reply("bob", "b2", root, root);
  events.remove(made_list);
  const auto target = same_in_every_order(events);
  CHECK(gate_results(*target) == "b1 false false false, b2 true false false");
}

TEST_CASE("a gate created, updated or deleted after a reply does not affect it") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  events.reply("bob", "b1", root, root);
  events.create("alice", "app.bsky.feed.threadgate/a1", gate_of(root, {}));
  events.reply("bob", "b2", root, root);
  events.update("alice", "app.bsky.feed.threadgate/a1", gate_of(root, {gate_rule("mentionRule")}));
  events.reply("bob", "b3", root, root);
  events.remove({"at://did:plc:alice/app.bsky.feed.threadgate/a1", ""});
  events.reply("bob", "b4", root, root);
  const auto target = same_in_every_order(events);
  CHECK(gate_results(*target) == "b1 false false false, b2 true false false, b3 true false false, "
                                 "b4 false false false");
}

TEST_CASE("a quote is checked against the gate of its own time") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  events.quote("bob", "b1", root);
  events.create("alice", "app.bsky.feed.postgate/a1",
                {{"$type", "app.bsky.feed.postgate"},
                 {"post", root.uri},
                 {"embeddingRules", {{{"$type", "app.bsky.feed.postgate#disableRule"}}}},
                 {"createdAt", record_time}});
  events.quote("bob", "b2", root);
  events.remove({"at://did:plc:alice/app.bsky.feed.postgate/a1", ""});
  events.quote("bob", "b3", root);
  const auto target = same_in_every_order(events);
  CHECK(gate_results(*target) == "b1 false false false, b2 false true false, b3 false false false");
  CHECK(target->count("notifications WHERE reason = 6") == 2);
}

TEST_CASE("a reply notifies the authors of the ancestors at its own time") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto middle = events.reply("bob", "b1", root, root);
  const auto low = events.reply("carol", "c1", middle, root);
  events.remove(middle);
  events.reply("dave", "d1", low, root);
  events.remove(root);
  events.reply("dave", "d2", low, root);
  const auto target = same_in_every_order(events);
  // d1 notifies only carol: bob's post was deleted, and the notification of b1 with it.
  CHECK(value(target->connection,
              "SELECT string_agg(n.rkey || '>' || r.did, ', ' ORDER BY n.rkey, r.did) FROM "
              "notifications n JOIN users r ON r.id = n.recipient_id WHERE reason = 5") ==
        "c1>did:plc:alice, c1>did:plc:bob, d1>did:plc:carol, d2>did:plc:carol");
}

TEST_CASE("a reply inherits the wrong root of its parent") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto other = events.post("alice", "a2");
  const auto wrong = events.reply("bob", "b1", root, other);
  events.reply("carol", "c1", wrong, other);
  const auto right = events.reply("bob", "b2", root, root);
  events.reply("carol", "c2", right, root);
  const auto target = same_in_every_order(events);
  CHECK(gate_results(*target) == "b1 false false true, b2 false false false, c1 false false true, "
                                 "c2 false false false");
}

TEST_CASE("a hidden reply ends the chain of notified ancestors for later replies") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto middle = events.reply("bob", "b1", root, root);
  events.reply("carol", "c1", middle, root);
  auto gate = gate_of(root, {});
  gate.erase("allow");
  gate["hiddenReplies"] = {middle.uri};
  events.create("alice", "app.bsky.feed.threadgate/a1", gate);
  events.reply("carol", "c2", middle, root);
  const auto target = same_in_every_order(events);
  CHECK(value(target->connection,
              "SELECT string_agg(n.rkey || '>' || r.did, ', ' ORDER BY n.rkey, r.did) FROM "
              "notifications n JOIN users r ON r.id = n.recipient_id WHERE reason = 5") ==
        "b1>did:plc:alice, c1>did:plc:alice, c1>did:plc:bob, c2>did:plc:bob");
}

// docs/ORDER.md: a relay guarantees only the order of each repo.
TEST_CASE("any order of the repos gives the same rows as the firehose's order") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  std::map<std::string, std::string> expected;
  {
    test::index_target target;
    target.apply(*corpus, 100);
    expected = target.fingerprints();
  }
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto mixed = shuffled(*corpus, seed);
    test::index_target target;
    target.apply(mixed, seed == 2 ? 1 : 50);
    const auto now = target.fingerprints();
    for (const auto& [table, hash] : expected) {
      INFO("seed " << seed << ", " << table);
      CHECK(now.at(table) == hash);
    }
  }
}
