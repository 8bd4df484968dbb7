#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/cbor/cid.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// What odd hosts send ends as the reference's rows, and every record comes back byte for byte
// (docs/DECODING.md).

using namespace prism;
using namespace prism::test;

namespace {

using bytes = std::vector<std::byte>;

void add(bytes& out, std::string_view data) {
  for (const char c : data)
    out.push_back(static_cast<std::byte>(c));
}

/// A text of less than 256 bytes, whatever they are.
void add_text(bytes& out, std::string_view text) {
  if (text.size() >= 24)
    out.push_back(std::byte{0x78});
  out.push_back(static_cast<std::byte>(text.size() >= 24 ? text.size() : 0x60 + text.size()));
  add(out, text);
}

/// A post whose keys are sorted plainly, with fields that are CBOR already.
bytes post_of(std::string_view text, const std::vector<std::pair<std::string, bytes>>& more) {
  bytes out{static_cast<std::byte>(0xA3 + more.size())};
  add_text(out, "$type");
  add_text(out, "app.bsky.feed.post");
  add_text(out, "createdAt");
  add_text(out, "2026-11-23T10:49:07.112Z");
  add_text(out, "text");
  add_text(out, text);
  for (const auto& [key, value] : more) {
    add_text(out, key);
    out.insert(out.end(), value.begin(), value.end());
  }
  return out;
}

bytes text_item(std::string_view text) {
  bytes out;
  add_text(out, text);
  return out;
}

bytes hex_item(std::string_view digits) {
  bytes out;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16)));
  return out;
}

/// Every stored post, by its record key.
std::map<std::string, bytes> stored_posts(index_target& target) {
  std::map<std::string, bytes> out;
  const auto visited = db::for_each_stored_record(target.connection, atproto::collection::post,
                                                  [&](const db::stored_record& each) {
                                                    CHECK(each.has_its_cid());
                                                    out[each.rkey] = each.block;
                                                  });
  REQUIRE(visited);
  return out;
}

} // namespace

TEST_CASE("posts in odd encodings are indexed, and come back byte for byte") {
  const std::map<std::string, bytes> blocks{
      {"plain", post_of("plain", {})},
      {"float", post_of("float", {{"x", hex_item("fb3ff8000000000000")}})},
      {"undefined", post_of("undefined", {{"x", hex_item("f7")}})},
      {"bad", post_of("a\xFF"
                      "b",
                      {{"x", text_item("\xE2\x82")}})},
      {"mark", post_of("\xEF\xBB\xBFmark", {})},
      {"link", post_of("link", {{"x", hex_item("d82a5823001220"
                                               "00000000000000000000000000000000"
                                               "00000000000000000000000000000000")}})},
  };
  firehose_builder events;
  std::vector<change> changes;
  for (const auto& [rkey, block] : blocks)
    changes.push_back({"create", "app.bsky.feed.post/" + rkey, block});
  events.commit("alice", changes);
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.rejected.empty());
  CHECK(stored_posts(target) == blocks);
  const auto column = [&](const std::string& what, const std::string& rkey) {
    return value(target.connection,
                 "SELECT " + what + " FROM posts JOIN uris USING (id) WHERE rkey = '" + rkey + "'");
  };
  CHECK(column("text", "bad") == "a\xEF\xBF\xBD"
                                 "b");
  CHECK(column("text", "mark") == "mark");
  CHECK(column("extra->>'x'", "float") == "1.5");
  CHECK(column("extra->'x'", "undefined") == "null");
  CHECK(column("extra->>'x'", "bad") == "\xEF\xBF\xBD");
  CHECK(column("extra->'x'->>'$link'", "link") == "QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51");
}

TEST_CASE("a quote by handle is a quote of that uri, and of no post") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const record_ref by_handle{"at://alice.test/app.bsky.feed.post/p1", post.cid};
  const record_ref of_nothing{"at://alice.test/app.bsky.feed.generator/p1", post.cid};
  const auto quote = events.quote("bob", "q1", by_handle);
  events.quote("bob", "q2", of_nothing);
  events.quote("bob", "q3", post);
  index_target target;
  target.apply(events.take(), batch);
  const auto quotes = [&](const std::string& uri) {
    return value(
        target.connection,
        "SELECT coalesce(sum(quote_count), 0) FROM post_aggregates JOIN uris ON id = post_id "
        "WHERE CASE repo_id WHEN 0 THEN rkey ELSE 'at://did:plc:alice/app.bsky.feed.post/' || rkey "
        "END = '" +
            uri + "'");
  };
  CHECK(quotes(by_handle.uri) == "1");
  CHECK(quotes(of_nothing.uri) == "0");
  CHECK(quotes(post.uri) == "1");
  // A handle is nobody who could be notified.
  CHECK(value(target.connection,
              "SELECT count(*) FROM notifications WHERE reason = 6 /* quote */") == "1");
  events.remove(quote);
  target.apply(events.take(), batch);
  CHECK(quotes(by_handle.uri) == "0");
}

TEST_CASE("blobs of before 2023 are indexed with the post, each as it is") {
  firehose_builder events;
  events.post("alice", "p1",
              {{"embed",
                {{"$type", "app.bsky.embed.images"},
                 {"images",
                  {{{"alt", ""},
                    {"image",
                     {{"cid", "bafkreibabalobzn6cd366ukcsjycp4yymjymgfxcv6xczmlgpemzkz3cfa"},
                      {"mimeType", "image/png"}}}}}}}}});
  index_target target;
  target.apply(events.take(), 1);
  CHECK(target.rejected.empty());
  CHECK(value(target.connection, "SELECT embed->'images'->0->'image'->>'cid' FROM posts") ==
        "bafkreibabalobzn6cd366ukcsjycp4yymjymgfxcv6xczmlgpemzkz3cfa");
  CHECK(stored_posts(target).size() == 1);
}
