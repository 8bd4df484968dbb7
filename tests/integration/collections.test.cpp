#include "db/reads/stored_records.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Each indexed collection: create, update, delete.

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;

struct kind {
  std::string path;  ///< in alice's repo
  fields record;     ///< without $type and createdAt
  std::string table; ///< table of its row
};

const record_ref post{"at://did:plc:alice/app.bsky.feed.post/p1", cid_of(block_of(fields{}))};
const record_ref alices_list{"at://did:plc:alice/app.bsky.graph.list/li0", {}};
const std::string bob = did_of("bob");

[[nodiscard]] const std::vector<kind>& kinds() {
  static const std::vector<kind> all{
      {"app.bsky.feed.post/p2", {{"text", "x"}}, "posts"},
      {"app.bsky.feed.like/a", {{"subject", ref_to(post)}}, "likes"},
      {"app.bsky.feed.repost/a", {{"subject", ref_to(post)}}, "reposts"},
      {"app.bsky.feed.threadgate/p1", {{"post", post.uri}}, "thread_gates"},
      {"app.bsky.feed.postgate/p1", {{"post", post.uri}}, "post_gates"},
      {"app.bsky.feed.generator/a",
       {{"did", "did:web:example.com"}, {"displayName", "x"}},
       "feed_generators"},
      {"app.bsky.graph.follow/a", {{"subject", bob}}, "follows"},
      {"app.bsky.graph.block/a", {{"subject", bob}}, "blocks"},
      {"app.bsky.graph.list/li1",
       {{"name", "x"}, {"purpose", "app.bsky.graph.defs#modlist"}},
       "lists"},
      {"app.bsky.graph.listitem/a", {{"list", alices_list.uri}, {"subject", bob}}, "list_items"},
      {"app.bsky.graph.listblock/a", {{"subject", alices_list.uri}}, "list_blocks"},
      {"app.bsky.graph.starterpack/a", {{"name", "x"}, {"list", alices_list.uri}}, "starter_packs"},
      {"app.bsky.graph.verification/a",
       {{"subject", bob}, {"handle", "bob.test"}, {"displayName", "x"}},
       "verifications"},
      {"app.bsky.actor.profile/self", {{"displayName", "x"}}, "profiles"},
      {"app.bsky.actor.status/self", {{"status", "app.bsky.actor.status#live"}}, "statuses"},
      {"app.bsky.labeler.service/self", {{"policies", {{"labelValues", {"spam"}}}}}, "labelers"},
      {"app.bsky.notification.declaration/self",
       {{"allowSubscriptions", "none"}},
       "declarations WHERE collection = 17"},
      {"chat.bsky.actor.declaration/self",
       {{"allowIncoming", "none"}},
       "declarations WHERE collection = 18"},
      {"com.germnetwork.declaration/self",
       {{"version", "1.0.0"}, {"currentKey", {{"$bytes", "AwQF"}}}},
       "declarations WHERE collection = 19"},
      {"app.bsky.graph.referencelistoptout/3aaaaaaaaaa22",
       {{"subject", alices_list.uri}},
       "reference_list_opt_outs"}};
  return all;
}

[[nodiscard]] fields version_of(const kind& of, std::string_view created_at) {
  fields out = of.record;
  out["$type"] = of.path.substr(0, of.path.find('/'));
  out["createdAt"] = created_at;
  return out;
}

/// The CID of a stored record; empty if it is not stored.
[[nodiscard]] std::string stored_cid(index_target& target, const kind& of) {
  const auto slash = of.path.find('/');
  std::string found;
  const auto visited = db::for_each_stored_record(
      target.connection, atproto::collection_of(of.path.substr(0, slash)),
      [&](const db::stored_record& each) {
        if (each.did == did_of("alice") && each.rkey == of.path.substr(slash + 1)) {
          CHECK(cid_of(each.block) == each.cid);
          found = each.cid;
        }
      });
  if (!visited)
    FAIL(visited.error().message);
  return found;
}

} // namespace

TEST_CASE("a record of every indexed collection is created, updated and deleted") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  // All of atproto/records/collection.hpp.
  CHECK(kinds().size() == atproto::collection_count - 1);
  firehose_builder events;
  index_target target;
  events.post("alice", "p1");
  events.list("alice", "li0");
  target.apply(events.take(), batch);
  std::map<std::string, std::int64_t> rows;
  for (const auto& each : kinds())
    rows[each.table] = target.count(each.table);

  std::map<std::string, record_ref> current;
  for (const auto& each : kinds())
    current[each.path] = events.create("alice", each.path, version_of(each, record_time));
  target.apply(events.take(), batch);
  for (const auto& each : kinds()) {
    INFO(each.path);
    CHECK(target.count(each.table) == rows[each.table] + 1);
    CHECK(stored_cid(target, each) == current[each.path].cid);
  }

  for (const auto& each : kinds())
    current[each.path] =
        events.update("alice", each.path, version_of(each, "2026-11-02T00:00:00.000Z"));
  target.apply(events.take(), batch);
  for (const auto& each : kinds()) {
    INFO(each.path);
    CHECK(target.count(each.table) == rows[each.table] + 1);
    CHECK(stored_cid(target, each) == current[each.path].cid);
  }

  for (const auto& each : kinds())
    events.remove(current[each.path]);
  target.apply(events.take(), batch);
  for (const auto& each : kinds()) {
    INFO(each.path);
    CHECK(target.count(each.table) == rows[each.table]);
    CHECK(stored_cid(target, each).empty());
  }
  CHECK(target.reasons.empty());
}

TEST_CASE("a chat declaration needs only its $type") {
  firehose_builder events;
  events.create("alice", "chat.bsky.actor.declaration/self",
                {{"$type", "chat.bsky.actor.declaration"}, {"allowIncoming", 7}});
  events.create("bob", "chat.bsky.actor.declaration/self",
                {{"$type", "app.bsky.actor.profile"}, {"allowIncoming", "all"}});
  events.create("carol", "chat.bsky.actor.declaration/self", {{"allowIncoming", "all"}});
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.count("declarations") == 1);
  CHECK(target.reasons == std::map<std::string, int>{{"bad_type_field", 2}});
}
