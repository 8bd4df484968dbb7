#include "db/batch/rebuild.hpp"
#include "atproto/cbor/json_codec.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace prism;
using namespace prism::db;
using atproto::collection;
using texts = std::vector<std::string>;

namespace {

constexpr std::string_view cid_text = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";
constexpr std::string_view date = "2026-11-23T10:49:07.112Z";
constexpr std::string_view uri = "at://did:plc:abc/app.bsky.feed.post/3k";

bytes block_of(const boost::json::value& record) {
  return atproto::from_json(record).value();
}

const text_ref post_ref{std::string{uri}, std::string{cid_text}};
const boost::json::object json_ref{{"uri", uri}, {"cid", cid_text}};

} // namespace

TEST_CASE("a CID is stored in binary if that gives back its text, else as text") {
  CHECK(pack_cid(cid_text).size() == atproto::cid::size);
  for (const std::string_view text : {cid_text, std::string_view{""}, std::string_view{"not a CID"},
                                      // Not the canonical spelling: the base32 is in upper case.
                                      std::string_view{"BAFYREIGBTJ4X7IP5LEGNFZNUFUOPL4SG4K"}}) {
    INFO(text);
    CHECK(unpack_cid(pack_cid(text)) == text);
  }
}

TEST_CASE("a like is rebuilt from its columns") {
  CHECK(rebuild_subject(collection::like, post_ref, date, {}).value() ==
        block_of({{"$type", "app.bsky.feed.like"}, {"subject", json_ref}, {"createdAt", date}}));
  CHECK(rebuild_subject(collection::repost, post_ref, date, post_ref).value() ==
        block_of({{"$type", "app.bsky.feed.repost"},
                  {"subject", json_ref},
                  {"createdAt", date},
                  {"via", json_ref}}));
}

TEST_CASE("a follow is rebuilt from its columns") {
  CHECK(rebuild_pair(collection::follow, "did:plc:abc", date).value() ==
        block_of(
            {{"$type", "app.bsky.graph.follow"}, {"subject", "did:plc:abc"}, {"createdAt", date}}));
}

TEST_CASE("a post is rebuilt from its columns") {
  const boost::json::object record{
      {"$type", "app.bsky.feed.post"},
      {"text", "a text"},
      {"createdAt", date},
      {"reply", {{"root", json_ref}, {"parent", json_ref}}},
      {"langs", {"en", "de"}},
      {"tags", boost::json::array{}},
      {"facets", {{{"index", {{"byteStart", 0}, {"byteEnd", 1}}}}}},
      {"embed", {{"$type", "app.bsky.embed.record"}, {"record", json_ref}}},
      {"labels", {{"values", boost::json::array{}}}},
      {"more", {{"blob", {{"$bytes", "AAEC"}}}, {"link", {{"$link", cid_text}}}}}};
  const auto text = [&](std::string_view key) { return boost::json::serialize(record.at(key)); };
  const auto facets = text("facets");
  const auto embed = text("embed");
  const auto labels = text("labels");
  const auto extra = boost::json::serialize(boost::json::object{{"more", record.at("more")}});
  post_columns columns;
  columns.text = "a text";
  columns.created_at = date;
  columns.reply_root = post_ref;
  columns.reply_parent = post_ref;
  columns.langs = texts{"en", "de"};
  columns.tags = texts{};
  columns.facets = facets;
  columns.embed = embed;
  columns.labels = labels;
  columns.extra = extra;
  CHECK(rebuild_post(columns).value() == block_of(record));
}

TEST_CASE("a post with a JSON column that is not a record's JSON is an error") {
  for (const auto* json : {"", "{", "{\"a\":1.5}"}) {
    post_columns columns;
    columns.embed = json;
    CHECK(rebuild_post(columns).error().code == errc::invalid);
  }
  for (const auto* json : {"", "[]", "1"}) {
    post_columns columns;
    columns.extra = json;
    CHECK(rebuild_post(columns).error().code == errc::invalid);
  }
}

TEST_CASE("the texts of a JSON array are read, and NULL is none") {
  CHECK_FALSE(json_texts(std::nullopt));
  CHECK(json_texts("[]") == texts{});
  CHECK(json_texts(R"(["en","a \"b\""])") == texts{"en", "a \"b\""});
}
