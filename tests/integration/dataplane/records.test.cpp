// Get…Records: what was indexed comes back as JSON, entry by entry, in the order asked for.

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "db/reads/answer_limit.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/record_statements.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/dataplane/record_methods.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tools/replay/corpus_file.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;
using atproto::collection;

namespace {

using fields = firehose_builder::fields;

[[nodiscard]] boost::json::value json_of(const bsky::Record& record) {
  return boost::json::parse(record.record());
}

/// Whether it is the message of a record that is not there.
[[nodiscard]] bool is_absent(const bsky::Record& record) {
  return record.ByteSizeLong() == 0;
}

[[nodiscard]] std::int64_t ms_of(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

[[nodiscard]] std::string uri_of(std::string_view who, std::string_view path) {
  return "at://" + did_of(who) + "/" + std::string{path};
}

} // namespace

TEST_CASE("every record of the sample is answered as it was written") {
  index_target target;
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  target.apply(*corpus, 500);
  std::size_t seen = 0;
  for (const auto& method : all_methods) {
    INFO(method.name);
    std::vector<db::stored_record> stored;
    uris of;
    const auto visited = db::for_each_stored_record(
        target.connection, method.kind, [&](const db::stored_record& each) {
          of.push_back("at://" + each.did + "/" + std::string{atproto::nsid_of(each.kind)} + "/" +
                       each.rkey);
          stored.push_back(each);
        });
    REQUIRE(visited);
    CHECK(stored.empty() == (method.kind == collection::germ_declaration));
    const auto found = records(target.connection, method.kind, of);
    REQUIRE(found.size() == stored.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto document =
          atproto::cbor_document::parse_received(stored[i].block, atproto::bad_texts::replace);
      REQUIRE(document);
      INFO(of[i]);
      CHECK(json_of(found[i]) == atproto::to_json(document->root()));
      CHECK(found[i].cid() == stored[i].cid);
      CHECK(found[i].has_indexed_at());
      CHECK(!found[i].taken_down());
    }
    seen += found.size();
  }
  CHECK(seen > 3000);
}

TEST_CASE("entries are in the order asked, with nothing for what is not there") {
  firehose_builder events;
  const auto p1 = events.post("alice", "p1");
  const auto p2 = events.post("alice", "p2");
  events.like("bob", "l1", p1);
  index_target target;
  target.apply(events.take(), 10);
  const auto found = records(
      target.connection, collection::post,
      {p2.uri, "", "at://", "no uri", "at://did:plc:alice/app.bsky.feed.post", p1.uri,
       uri_of("nobody", "app.bsky.feed.post/p1"), uri_of("alice", "app.bsky.feed.post/p3"),
       "at://alice.test/app.bsky.feed.post/p1", uri_of("bob", "app.bsky.feed.like/l1"),
       p1.uri + "#/text", p1.uri + "/", uri_of("alice", std::string{"app.bsky.feed.post/p\0", 21}),
       p2.uri, std::string(100'000, 'x')});
  REQUIRE(found.size() == 15);
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(i);
    const auto* expected = i == 0 || i == 13 ? &p2 : i == 5 ? &p1 : nullptr;
    CHECK(is_absent(found[i]) == (expected == nullptr));
    CHECK(found[i].cid() == (expected == nullptr ? std::string{} : expected->cid));
  }
  CHECK(records(target.connection, collection::post, {}).empty());
  CHECK(is_absent(records(target.connection, collection::like, {p1.uri}).at(0)));
}

TEST_CASE("a call takes 10,000 uris and no more") {
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  index_target target;
  target.apply(events.take(), 10);
  CHECK(records(target.connection, collection::post, uris(500, post.uri)).back().cid() == post.cid);
  CHECK(records(target.connection, collection::post, uris(db::max_record_paths, post.uri)).size() ==
        db::max_record_paths);
  for (const auto& method : all_methods) {
    INFO(method.name);
    const auto refused =
        method.ask(target.connection, method.name, uris(db::max_record_paths + 1, post.uri));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == net::grpc_status::invalid_argument);
  }
}

TEST_CASE("a record's times are those of its commit and its own") {
  firehose_builder events;
  const auto early = events.post("alice", "p1", {{"createdAt", "2020-02-03T04:05:06.789123Z"}});
  const auto late = events.post("alice", "p2", {{"createdAt", "2999-01-01T00:00:00+02:00"}});
  const auto before_1970 = events.post("alice", "p3", {{"createdAt", "1969-12-31T23:59:59.9Z"}});
  const auto without = events.create("alice", "app.bsky.actor.profile/self",
                                     {{"$type", "app.bsky.actor.profile"}, {"displayName", "A"}});
  index_target target;
  target.apply(events.take(), 10);
  const auto posts =
      records(target.connection, collection::post, {early.uri, late.uri, before_1970.uri});
  const auto of_commit = must(target.connection.exec(
      "SELECT (extract(epoch FROM commit_time) * 1000)::int8 FROM posts JOIN uris USING (id) "
      "ORDER BY rkey"));
  for (std::size_t i = 0; i < posts.size(); ++i)
    CHECK(ms_of(posts[i].indexed_at()) == of_commit.get_int8(i, 0));
  CHECK(ms_of(posts[0].created_at()) == 1'580'702'706'789);
  CHECK(ms_of(posts[0].sorted_at()) == 1'580'702'706'789);
  CHECK(ms_of(posts[1].created_at()) == 32'472'136'800'000);
  CHECK(ms_of(posts[1].sorted_at()) == ms_of(posts[1].indexed_at()));
  CHECK(posts[2].created_at().seconds() == -1);
  CHECK(posts[2].created_at().nanos() == 900'000'000);
  const auto profile = records(target.connection, collection::profile, {without.uri}).at(0);
  CHECK(profile.cid() == without.cid);
  CHECK(!profile.has_created_at());
  CHECK(ms_of(profile.sorted_at()) == ms_of(profile.indexed_at()));
}

TEST_CASE("a declaration has the date that it says, if it is one") {
  const auto date_of = [](const boost::json::value& said) {
    firehose_builder events;
    const auto made = events.create("alice", "com.germnetwork.declaration/self",
                                    {{"$type", "com.germnetwork.declaration"},
                                     {"version", "1.0.0"},
                                     {"currentKey", {{"$bytes", "AAAA"}}},
                                     {"createdAt", said}});
    index_target target;
    target.apply(events.take(), 10);
    const auto found = records(target.connection, collection::germ_declaration, {made.uri}).at(0);
    CHECK(found.cid() == made.cid);
    CHECK(json_of(found).at("currentKey").at("$bytes").as_string() == "AAAA");
    return found.has_created_at() ? std::to_string(ms_of(found.created_at())) : std::string{};
  };
  CHECK(date_of("2020-02-03T04:05:06.789Z") == "1580702706789");
  CHECK(date_of("2020-02-03") == "1580688000000");
  CHECK(date_of("1970-01-01T00:00:00Z") == "0");
  CHECK(date_of("now").empty());
  CHECK(date_of(5).empty());
  CHECK(date_of(nullptr).empty());
  CHECK(date_of(boost::json::array{"2020-02-03T04:05:06.789Z"}).empty());
}

TEST_CASE("no text that a stranger writes makes a record vanish") {
  const std::string nul{"a\0b", 3};
  firehose_builder events;
  uris of;
  const auto add = [&](const fields& more) {
    of.push_back(events.post("alice", "p" + std::to_string(of.size()), more).uri);
  };
  add({{"text", nul}, {"tags", {nul}}, {nul, nul}, {"own", {{nul, {nul}}}}});
  add({{"text", "\"\\\b\f\n\r\t\x01\x1f\x7f \xE2\x80\xA8 \xF0\x9F\xA6\x8B"}});
  add({{"own", "\\u0000 \\ud800 </script>"}, {"", ""}});
  add({{"text", "\xEF\xBB\xBFmark"}});
  add({{"own", {{"$type", "x#y"}, {"deep", {1, -1, {true, nullptr}, fields{}}}}}});
  // Not UTF-8: decoded as the reference does.
  auto block =
      block_of({{"$type", "app.bsky.feed.post"}, {"text", "???"}, {"createdAt", record_time}});
  const std::array surrogate{std::byte{0xED}, std::byte{0xA0}, std::byte{0x80}};
  const std::array marks{std::byte{'?'}, std::byte{'?'}, std::byte{'?'}};
  std::ranges::copy(surrogate, std::search(block.begin(), block.end(), marks.begin(), marks.end()));
  events.commit("alice", {{"create", "app.bsky.feed.post/bad", block}});
  of.push_back(uri_of("alice", "app.bsky.feed.post/bad"));
  index_target target;
  target.apply(events.take(), 100);
  REQUIRE(target.rejected.empty());
  const auto found = records(target.connection, collection::post, of);
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(of[i]);
    CHECK(!is_absent(found[i]));
    CHECK(json_of(found[i]).is_object());
  }
  const auto text_of = [&](std::size_t i) {
    return std::string{json_of(found[i]).at("text").as_string()};
  };
  CHECK(text_of(0) == nul);
  CHECK(std::string{json_of(found[0]).as_object().at(nul).as_string()} == nul);
  CHECK(text_of(1) == "\"\\\b\f\n\r\t\x01\x1f\x7f \xE2\x80\xA8 \xF0\x9F\xA6\x8B");
  CHECK(text_of(5) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a record that is parked is there, before and after its release") {
  firehose_builder events;
  const record_ref missing{uri_of("alice", "app.bsky.feed.post/p1"), cid_of(block_of(fields{}))};
  const record_ref list{uri_of("bob", "app.bsky.graph.list/li1"), cid_of(block_of(fields{}))};
  const auto like = events.like("bob", "l1", missing);
  const auto repost = events.repost("bob", "r1", missing);
  const auto item = events.list_item("bob", "i1", list, "alice");
  index_target target;
  target.apply(events.take(), 10);
  const auto check = [&] {
    const auto found = records(target.connection, collection::like, {like.uri}).at(0);
    CHECK(found.cid() == like.cid);
    CHECK(json_of(found).at("subject").at("uri").as_string() == missing.uri);
    CHECK(records(target.connection, collection::repost, {repost.uri}).at(0).cid() == repost.cid);
    CHECK(records(target.connection, collection::list_item, {item.uri}).at(0).cid() == item.cid);
  };
  CHECK(target.count("pending_ops") == 3);
  check();
  events.post("alice", "p1");
  events.list("bob", "li1");
  target.apply(events.take(), 10);
  CHECK(target.count("pending_ops") == 0);
  check();
}

TEST_CASE("a post's flags say what its gates decide") {
  firehose_builder events;
  const auto root = events.post("alice", "p1");
  events.create("alice", "app.bsky.feed.threadgate/p1",
                {{"$type", "app.bsky.feed.threadgate"},
                 {"post", root.uri},
                 {"allow", boost::json::array{}},
                 {"createdAt", record_time}});
  const auto quoted = events.post("alice", "p2");
  events.create("alice", "app.bsky.feed.postgate/p2",
                {{"$type", "app.bsky.feed.postgate"},
                 {"post", quoted.uri},
                 {"embeddingRules", {{{"$type", "app.bsky.feed.postgate#disableRule"}}}},
                 {"createdAt", record_time}});
  const auto reply = events.reply("bob", "p3", root, root);
  const auto quote = events.quote("bob", "p4", quoted);
  index_target target;
  target.apply(events.take(), 10);
  bsky::GetPostRecordsRequest request;
  for (const auto& each : {root, quoted, reply, quote, record_ref{"at://none", {}}})
    request.add_uris(each.uri);
  const auto answer =
      ask<bsky::GetPostRecordsResponse>(target.connection, "GetPostRecords", request);
  std::string flags;
  for (const auto& each : answer.meta())
    flags += std::string{each.has_thread_gate() ? "T" : ""} + (each.has_post_gate() ? "P" : "") +
             (each.violates_thread_gate() ? "t" : "") +
             (each.violates_embedding_rules() ? "e" : "") + ".";
  CHECK(flags == "T.P.t.e..");
}

TEST_CASE("the threads of authors with themselves are answered on request") {
  firehose_builder events;
  const auto root = events.post("alice", "p1");
  const auto second = events.reply("alice", "p2", root, root);
  const auto third = events.reply("alice", "p3", second, root);
  const auto other = events.reply("bob", "p4", third, root);
  const auto alone = events.post("bob", "p5");
  index_target target;
  target.apply(events.take(), 10);
  bsky::GetPostRecordsRequest request;
  for (const auto& each : {other, alone, third})
    request.add_uris(each.uri);
  const auto threads = [&] {
    return ask<bsky::GetPostRecordsResponse>(target.connection, "GetPostRecords", request)
        .op_threads();
  };
  CHECK(threads().empty());
  request.set_include_op_thread_metadata(true);
  const auto found = threads();
  REQUIRE(found.size() == 1);
  CHECK(found[0].root_uri() == root.uri);
  CHECK(uris{found[0].uris().begin(), found[0].uris().end()} ==
        uris{root.uri, second.uri, third.uri});
}

TEST_CASE("records of accounts that are not active are answered until they are purged") {
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  events.account("alice", false, "takendown");
  index_target target;
  target.apply(events.take(), 10);
  CHECK(records(target.connection, collection::post, {post.uri}).at(0).cid() == post.cid);
}

TEST_CASE("a row that cannot be rebuilt is left out, and the others are answered") {
  firehose_builder events;
  const auto broken = events.post("alice", "p1");
  const auto good = events.post("alice", "p2");
  index_target target;
  target.apply(events.take(), 10);
  must(target.connection.exec_script(
      "UPDATE posts SET embed = '{\"$link\": 3}' WHERE id = (SELECT id "
      "FROM uris WHERE rkey = 'p1')"));
  const auto found = records(target.connection, collection::post, {broken.uri, good.uri});
  CHECK(is_absent(found.at(0)));
  CHECK(found.at(1).cid() == good.cid);
}
