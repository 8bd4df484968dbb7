#include "atproto/frame/frame.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Values that are difficult for databases, JSON and calendars. A record is stored so that it is
// read back byte for byte, or rejected with a named reason; the other records of its frame are
// stored in either case.

using namespace prism;
using namespace prism::test;

namespace {

using json = boost::json::value;
using fields = firehose_builder::fields;
using bytes = std::vector<std::byte>;

/// The result for a record: "stored", or the reason of its rejection.
[[nodiscard]] std::string fate_of(std::string_view path, const bytes& block) {
  firehose_builder events;
  const auto good = [](std::string_view text) {
    return block_of({{"$type", "app.bsky.feed.post"}, {"text", text}, {"createdAt", record_time}});
  };
  events.commit("alice", {{"create", "app.bsky.feed.post/before", good("before")},
                          {"create", std::string{path}, block},
                          {"create", "app.bsky.feed.post/behind", good("behind")}});
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.count("posts WHERE text IN ('before', 'behind')") == 2);
  const auto kind = atproto::collection_of(path.substr(0, path.find('/')));
  std::size_t found = 0;
  const auto visited =
      db::for_each_stored_record(target.connection, kind, [&](const db::stored_record& each) {
        if (each.rkey != path.substr(path.find('/') + 1))
          return;
        ++found;
        CHECK(each.block == block);
        CHECK(each.cid == cid_of(block));
      });
  if (!visited)
    FAIL(visited.error().message);
  if (found == 1 && target.reasons.empty())
    return "stored";
  REQUIRE(found == 0);
  REQUIRE(target.reasons.size() == 1);
  CHECK(target.rejected.size() == 1);
  return target.reasons.begin()->first;
}

[[nodiscard]] std::string fate_of(std::string_view path, const fields& record) {
  return fate_of(path, block_of(record));
}

[[nodiscard]] std::string fate_of_post(const fields& more) {
  fields record{{"$type", "app.bsky.feed.post"}, {"text", "x"}, {"createdAt", record_time}};
  for (const auto& [key, value] : more)
    record[key] = value;
  return fate_of("app.bsky.feed.post/p1", record);
}

[[nodiscard]] std::string fate_of_like(const std::string& uri) {
  return fate_of("app.bsky.feed.like/l1",
                 fields{{"$type", "app.bsky.feed.like"},
                        {"subject", {{"uri", uri}, {"cid", cid_of(block_of({}))}}},
                        {"createdAt", record_time}});
}

const std::string nul{"a\0b", 3};

} // namespace

TEST_CASE("NUL is kept in every text") {
  CHECK(fate_of_post({{"text", nul}}) == "stored");
  CHECK(fate_of_post({{"text", std::string(1, '\0')}}) == "stored");
  CHECK(fate_of_post({{"tags", {nul, "b"}}}) == "stored");
  CHECK(fate_of_post({{nul, 1},
                      {"a\xEF\xBF\xBD"
                       "b",
                       2}}) == "stored"); // two keys that become one
  CHECK(fate_of_post({{"own", {{"deep", {nul, fields{{nul, nul}}}}}}}) == "stored");
  CHECK(fate_of_post({{"own", "\\u0000 \\\\u0000 \\ \" \x01 \x1f \x7f"}}) == "stored");
  CHECK(fate_of_post(
            {{"embed",
              {{"$type", "app.bsky.embed.external"},
               {"external",
                {{"uri", "https://example.com"}, {"title", nul}, {"description", nul}}}}}}) ==
        "stored");
  CHECK(fate_of_post({{"labels",
                       {{"$type", "com.atproto.label.defs#selfLabels"},
                        {"values", {fields{{"val", nul}}}}}}}) == "stored");
  CHECK(fate_of("app.bsky.actor.profile/self",
                fields{{"$type", "app.bsky.actor.profile"}, {"displayName", nul}}) == "stored");
  CHECK(fate_of("app.bsky.graph.list/li1", fields{{"$type", "app.bsky.graph.list"},
                                                  {"name", nul},
                                                  {"purpose", nul},
                                                  {"createdAt", record_time}}) == "stored");
  CHECK(fate_of("app.bsky.feed.generator/g1", fields{{"$type", "app.bsky.feed.generator"},
                                                     {"did", "did:web:example.com"},
                                                     {"displayName", nul},
                                                     {"createdAt", record_time}}) == "stored");
  // These fields are in no lexicon.
  CHECK(fate_of("chat.bsky.actor.declaration/self",
                fields{{"$type", "chat.bsky.actor.declaration"}, {"createdAt", nul}}) == "stored");
}

TEST_CASE("a megabyte of NULs takes no longer than other text") {
  CHECK(fate_of("app.bsky.graph.list/li1", fields{{"$type", "app.bsky.graph.list"},
                                                  {"name", "x"},
                                                  {"purpose", std::string(900'000, '\0')},
                                                  {"createdAt", record_time}}) == "stored");
  CHECK(fate_of_post({{"own", std::string(900'000, '\0')}}) == "stored");
}

TEST_CASE("any text is stored, also bytes that are not UTF-8") {
  CHECK(fate_of_post({{"text", ""}, {"", ""}, {"own", fields{{"", fields{}}}}}) == "stored");
  CHECK(fate_of_post({{"text", "\xEF\xBF\xBF \xF4\x8F\xBF\xBF \xEE\x80\x80 \xE2\x80\xAE"}}) ==
        "stored");
  CHECK(fate_of_post({{"own", "\\ud800 {\"a\":NULL,\"} '; --"}}) == "stored");
  CHECK(fate_of_post({{"tags", {"NULL", "", "{}", "\"", "\\", ","}}, {"langs", fields{}}}) ==
        "wrong_type"); // langs is not a list
  CHECK(fate_of_post({{"tags", {"NULL", "", "{}", "\"", "\\", ","}},
                      {"langs", boost::json::array{}},
                      {"facets", boost::json::array{}}}) == "stored");
  // A lone surrogate is not valid UTF-8, but some encoders write these bytes. The columns have what
  // the reference reads; the record comes back as it was.
  auto block =
      block_of({{"$type", "app.bsky.feed.post"}, {"text", "???"}, {"createdAt", record_time}});
  const std::array surrogate{std::byte{0xED}, std::byte{0xA0}, std::byte{0x80}};
  const std::array marks{std::byte{'?'}, std::byte{'?'}, std::byte{'?'}};
  std::ranges::copy(surrogate, std::search(block.begin(), block.end(), marks.begin(), marks.end()));
  CHECK(fate_of("app.bsky.feed.post/p1", block) == "stored");
}

TEST_CASE("long texts are stored or rejected by length, whatever their characters") {
  std::string million;
  for (int i = 0; i < 300'000; ++i)
    million += "\xCC\x81"; // one grapheme; a million graphemes would exceed a megabyte
  CHECK(fate_of_post({{"own", million}}) == "stored");
  CHECK(fate_of_post({{"own", std::string(990'000, 'x')}}) == "stored");
  CHECK(fate_of_post({{"own", std::string(150'000, '\x01')}}) == "stored");
  CHECK(fate_of_post({{"text", std::string(990'000, 'x')}}) == "string_too_long");
  CHECK(fate_of_post({{"text", std::string(301, 'x')}}) == "too_many_graphemes");
  CHECK(fate_of_post({{"own", std::string(1'000'001, 'x')}}) == "record_too_large");
  CHECK(fate_of_post({{"langs", {std::string(300, 'x')}}}) == "bad_format");
  CHECK(fate_of_post({{"langs", {"de-" + std::string(2, 'x') + "-x-" + std::string(8, 'y')}}}) ==
        "stored");
  CHECK(fate_of_post({{"tags", {std::string(641, 'x')}}}) == "string_too_long");
  CHECK(fate_of_post({{std::string(100'000, 'k'), 1}}) == "stored");
  boost::json::array many;
  for (int i = 0; i < 100'000; ++i)
    many.emplace_back(i % 7);
  CHECK(fate_of_post({{"own", many}}) == "stored");
}

TEST_CASE("integers have 53 bits, and the depth of nesting is limited") {
  constexpr std::int64_t greatest = (std::int64_t{1} << 53U) - 1;
  CHECK(fate_of_post({{"own", {greatest, -greatest, 0, -1}}}) == "stored");
  for (const auto beyond : {greatest + 1, -greatest - 1, INT64_MAX, INT64_MIN})
    CHECK(fate_of_post({{"own", beyond}}) == "bad_cbor");
  CHECK(fate_of_post({{"own", {true, false, nullptr}}}) == "stored");
  json deep = 1;
  for (int i = 0; i < 62; ++i)
    deep = i % 2 == 0 ? json(fields{{"a", deep}}) : json(boost::json::array({deep}));
  CHECK(fate_of_post({{"own", deep}}) == "stored");
  const auto raw = [](std::string_view hex) {
    // {"text": "x", "$type": …, "createdAt": …, "own": ITEM}, keys in their order
    bytes out;
    const auto add = [&](std::string_view text) {
      for (const char c : text)
        out.push_back(static_cast<std::byte>(c));
    };
    add("\xA4\x63own");
    for (std::size_t i = 0; i < hex.size(); i += 2)
      out.push_back(static_cast<std::byte>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
    add("\x64text\x61x\x65$type\x72"
        "app.bsky.feed.post\x69"
        "createdAt\x78\x18");
    add(record_time);
    return out;
  };
  CHECK(fate_of("app.bsky.feed.post/p1", raw("01")) == "stored");
  CHECK(fate_of("app.bsky.feed.post/p1", raw("FB3FF8000000000000")) == "stored");       // 1.5
  CHECK(fate_of("app.bsky.feed.post/p1", raw("1BFFFFFFFFFFFFFFFF")) == "bad_cbor");     // 2^64 - 1
  CHECK(fate_of("app.bsky.feed.post/p1", raw("C249010000000000000000")) == "bad_cbor"); // bignum
  CHECK(fate_of("app.bsky.feed.post/p1", raw("A2616101616102")) == "bad_cbor");         // a twice
  std::string nested;
  for (int i = 0; i < 70; ++i)
    nested += "81";
  CHECK(fate_of("app.bsky.feed.post/p1", raw(nested + "01")) == "bad_cbor");
}

TEST_CASE("every date that the lexicon allows is stored as written") {
  for (const auto* good :
       {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999999999Z", "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00.123456+14:00", "2026-01-01T00:00:00-23:59", "1969-12-31T23:59:59.9Z",
        "2026-01-01T00:00:00.0000000000000001Z"}) {
    INFO(good);
    CHECK(fate_of_post({{"createdAt", good}}) == "stored");
  }
  for (const auto* bad :
       {"2016-12-31T23:59:60Z", "-0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-01-01",
        "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "", "now", "2026-01-01T00:00:00-00:00"}) {
    INFO(bad);
    CHECK(fate_of_post({{"createdAt", bad}}) == "bad_format");
  }
}

TEST_CASE("uris are read back in any spelling, and those that no index can hold are rejected") {
  const std::string long_rkey(512, 'r');
  const std::string long_did = "did:web:" + std::string(2000, 'd') + ".example";
  std::string random; // cannot be compressed to fit
  for (std::uint32_t i = 0, x = 1; i < 7000; ++i) {
    x = x * 1664525U + 1013904223U;
    random += static_cast<char>('a' + (x >> 24U) % 26U);
  }
  for (const auto& uri : std::initializer_list<std::string>{
           "at://alice.test/app.bsky.feed.post/1", "at://alice.test",
           "at://did:web:localhost%3A8080/app.bsky.feed.post/1", "at://did:plc:x",
           "at://did:plc:x/app.bsky.feed.post", "at://did:plc:x/com.example.other/1",
           "at://did:plc:x/app.bsky.feed.post/1#/a/b", "at://did:plc:x#/text",
           "at://did:plc:x/app.bsky.feed.post/" + long_rkey,
           "at://did:plc:x/app.bsky.feed.post/A-z_0:9~.", "at://" + long_did + "/a.b.c/1"}) {
    INFO(uri);
    CHECK(fate_of_like(uri) == "stored");
  }
  CHECK(fate_of_like("at://did:plc:x/app.bsky.feed.post/1#/" + random) == "uri_too_long");
  CHECK(fate_of_like("at://did:plc:x/app.bsky.feed.post/" + long_rkey + "r") == "bad_format");
  CHECK(fate_of_post({{"embed",
                       {{"$type", "app.bsky.embed.record"},
                        {"record",
                         {{"uri", "at://did:plc:x/a.b.c/1#/" + random},
                          {"cid", cid_of(block_of({}))}}}}}}) == "stored"); // only in the JSON
  const record_ref long_one{"at://did:plc:x/app.bsky.feed.post/1#/" + random, cid_of(block_of({}))};
  CHECK(fate_of_post({{"reply", {{"root", ref_to(long_one)}, {"parent", ref_to(long_one)}}}}) ==
        "uri_too_long");
  CHECK(fate_of("app.bsky.feed.threadgate/p1",
                fields{{"$type", "app.bsky.feed.threadgate"},
                       {"post", "at://did:plc:alice/app.bsky.feed.post/p1"},
                       {"hiddenReplies", {long_one.uri}},
                       {"createdAt", record_time}}) == "uri_too_long");
}

TEST_CASE("only a valid DID becomes a user") {
  firehose_builder events;
  events.like("alice", "l1", {"at://did:plc:x#/text", cid_of(block_of({}))});
  events.like("alice", "l2", {"at://did:plc:y/app.bsky.feed.post/1", cid_of(block_of({}))});
  index_target target;
  target.apply(events.take(), 100);
  CHECK(value(target.connection, "SELECT string_agg(did, ' ' ORDER BY did) FROM users") ==
        "did:plc:alice did:plc:y");
}

TEST_CASE("record keys with all legal characters are accepted, others are rejected") {
  const auto block =
      block_of({{"$type", "app.bsky.feed.post"}, {"text", "x"}, {"createdAt", record_time}});
  for (const auto& rkey : std::initializer_list<std::string>{
           "a", "~", "...", "-_:.~", "self", "2222222222222", std::string(512, 'z')})
    CHECK(fate_of("app.bsky.feed.post/" + rkey, block) == "stored");
  for (const auto& rkey : std::initializer_list<std::string>{
           ".", "..", "a b", "a\nb", nul, "a%", "\xC3\xA9", std::string(513, 'z'), "a@"})
    CHECK(fate_of("app.bsky.feed.post/" + rkey, block) == "bad_record_key");
}

TEST_CASE("a commit that repeats one record under many keys is limited in size") {
  firehose_builder events;
  const auto block = block_of({{"$type", "app.bsky.feed.post"},
                               {"text", "x"},
                               {"own", std::string(500'000, 'x')},
                               {"createdAt", record_time}});
  std::vector<change> changes;
  for (int i = 0; i < 6; ++i)
    changes.push_back({"create", fmt::format("app.bsky.feed.post/p{}", i), block});
  changes.push_back({"delete", "app.bsky.feed.post/none", std::nullopt});
  events.commit("alice", changes);
  events.post("bob", "good");
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.count("posts") == 4);
  CHECK(target.reasons == std::map<std::string, int>{{"commit_too_large", 3}});
}

TEST_CASE("an event's status or revision that no column can hold is cut or rejected") {
  firehose_builder events;
  events.account("alice", false, nul);
  events.account("bob", false, std::string(63, 'x') + "\xC3\xA9");
  events.post("carol", "good");
  index_target target;
  target.apply(events.take(), 100);
  const std::string status_of = "SELECT status FROM users WHERE did = 'did:plc:";
  CHECK(value(target.connection, status_of + "alice'") == "a\xEF\xBF\xBD"
                                                          "b");
  CHECK(value(target.connection, status_of + "bob'") == std::string(63, 'x'));
  CHECK(target.count("posts") == 1);

  db::build_events callbacks{[](auto...) {}, [](auto) {}};
  db::batch_builder builder(callbacks);
  for (const auto rev : {std::string_view{nul}, std::string_view{"zzzzzzzzzzzzzz"}}) {
    const auto added = builder.add(atproto::sync_frame{1, "did:plc:alice", rev, record_time, {}});
    REQUIRE_FALSE(added);
    CHECK(added.error().message.starts_with("field rev"));
    CHECK(added.error().message.find('\0') == std::string::npos);
  }
}
