// Get…Records: what was indexed comes back as JSON, entry by entry, in the order asked for.

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "db/reads/answer_limit.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/record_statements.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/dataplane/asking.hpp"
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
using uris = std::vector<std::string>;

/// The messages of these methods differ by name only.
template <class Request, class Response>
[[nodiscard]] dataplane::answer<std::vector<bsky::Record>>
try_records(db::executor& on, std::string_view method, const uris& of) {
  Request request;
  for (const auto& uri : of)
    request.add_uris(uri);
  auto answer = try_ask<Response>(on, method, request);
  if (!answer)
    return tl::unexpected(std::move(answer.error()));
  return std::vector<bsky::Record>{answer->records().begin(), answer->records().end()};
}

using asked = dataplane::answer<std::vector<bsky::Record>>(db::executor&, std::string_view,
                                                           const uris&);

struct records_method {
  collection kind{collection::other};
  std::string_view name;
  asked* ask{nullptr};
};

#define PRISM_RECORDS(KIND, NAME)                                                                  \
  records_method {                                                                                 \
    collection::KIND, "Get" #NAME "Records",                                                       \
        &try_records<bsky::Get##NAME##RecordsRequest, bsky::Get##NAME##RecordsResponse>            \
  }
constexpr records_method all_methods[] = {
    PRISM_RECORDS(post, Post),
    PRISM_RECORDS(like, Like),
    PRISM_RECORDS(repost, Repost),
    PRISM_RECORDS(thread_gate, ThreadGate),
    PRISM_RECORDS(post_gate, Postgate),
    PRISM_RECORDS(feed_generator, FeedGenerator),
    PRISM_RECORDS(follow, Follow),
    PRISM_RECORDS(block, Block),
    PRISM_RECORDS(list, List),
    PRISM_RECORDS(list_item, ListItem),
    PRISM_RECORDS(list_block, ListBlock),
    PRISM_RECORDS(starter_pack, StarterPack),
    PRISM_RECORDS(verification, Verification),
    PRISM_RECORDS(profile, Profile),
    PRISM_RECORDS(status, Status),
    PRISM_RECORDS(labeler, Labeler),
    PRISM_RECORDS(notification_declaration, NotificationDeclaration),
    PRISM_RECORDS(chat_declaration, ActorChatDeclaration),
    PRISM_RECORDS(germ_declaration, GermDeclaration),
};
#undef PRISM_RECORDS

[[nodiscard]] std::vector<bsky::Record> records(db::executor& on, collection kind, const uris& of) {
  for (const auto& each : all_methods)
    if (each.kind == kind) {
      auto answer = each.ask(on, each.name, of);
      if (!answer)
        FAIL(answer.error().text);
      return std::move(*answer);
    }
  FAIL("no method for the collection");
  return {};
}

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

TEST_CASE("the largest records are missing in an answer that would be too large") {
  constexpr std::size_t large = 900'000;
  firehose_builder events;
  // Much shorter in the table.
  const auto post = events.post("alice", "p1", {{"own", std::string(large, 'x')}});
  const auto profile =
      events.create("alice", "app.bsky.actor.profile/self",
                    {{"$type", "app.bsky.actor.profile"}, {"own", std::string(large, 'x')}});
  // As JSON it is six times as long.
  const auto escaped =
      events.create("bob", "app.bsky.actor.profile/self",
                    {{"$type", "app.bsky.actor.profile"}, {"own", std::string(large, '\x01')}});
  const auto small = events.post("carol", "p2");
  const auto short_profile =
      events.create("carol", "app.bsky.actor.profile/self",
                    {{"$type", "app.bsky.actor.profile"}, {"displayName", "Carol"}});
  index_target target;
  target.apply(events.take(), 1);
  REQUIRE(target.rejected.empty());
  const auto found = [&](std::string_view name, std::string_view which, const uris& of) {
    const auto method = std::ranges::find(all_methods, name, &records_method::name);
    const auto answer = method->ask(target.connection, name, of);
    REQUIRE(answer);
    REQUIRE(answer->size() == of.size());
    std::size_t out = 0;
    for (std::size_t i = 0; i < of.size(); ++i)
      out += of[i] == which && !answer->at(i).record().empty() ? 1 : 0;
    return out;
  };
  // The large ones first, so that their place decides nothing.
  const auto with_last = [](std::size_t times, const std::string& many, const std::string& last) {
    auto out = uris(times, many);
    out.push_back(last);
    return out;
  };
  const auto posts = with_last(100, post.uri, small.uri);
  const auto profiles = with_last(100, profile.uri, short_profile.uri);
  CHECK(found("GetPostRecords", post.uri, posts) == 8); // of 8 MiB, and 7 MiB as JSON
  CHECK(found("GetPostRecords", small.uri, posts) == 1);
  CHECK(found("GetProfileRecords", profile.uri, profiles) == 8);
  CHECK(found("GetProfileRecords", short_profile.uri, profiles) == 1);
  CHECK(found("GetPostRecords", small.uri, uris(10'000, small.uri)) == 10'000);
  const auto escapes = with_last(5, escaped.uri, short_profile.uri);
  CHECK(found("GetProfileRecords", escaped.uri, escapes) == 1);
  CHECK(found("GetProfileRecords", short_profile.uri, escapes) == 1);

  bsky::GetActorsRequest request;
  for (int i = 0; i < 100; ++i)
    request.add_dids(did_of("alice"));
  request.add_dids(did_of("bob"));
  request.add_dids(did_of("bob"));
  request.add_dids(did_of("carol"));
  const auto actors = try_ask<bsky::GetActorsResponse>(target.connection, "GetActors", request);
  REQUIRE(actors);
  CHECK(actors->ByteSizeLong() <= dataplane::max_answer_bytes);
  const auto profiles_of = [&](int from, int to) {
    return std::count_if(actors->actors().begin() + from, actors->actors().begin() + to,
                         [](const auto& each) { return !each.profile().record().empty(); });
  };
  CHECK(profiles_of(0, 100) == 8);
  CHECK(profiles_of(100, 102) == 0);
  CHECK(profiles_of(102, 103) == 1);
}

TEST_CASE("a call says how many records are missing in its answer") {
  firehose_builder events;
  const auto post = events.post("alice", "p1", {{"own", std::string(900'000, 'x')}});
  index_target target;
  target.apply(events.take(), 1);
  bsky::GetPostRecordsRequest request;
  for (int i = 0; i < 20; ++i)
    request.add_uris(post.uri);
  reads::session on(target.connection);
  dataplane::call with{.on = on};
  REQUIRE(dataplane::find_method("GetPostRecords")->run(with, request.SerializeAsString()));
  CHECK(with.left_out == 12);
}

namespace {

/// What leaves the database for records that are each asked for 20 times.
class sent_records {
public:
  explicit sent_records(index_target& target) : on_(target.connection) {}

  [[nodiscard]] std::size_t bytes(collection kind, std::string_view rkey, std::int64_t limit) {
    constexpr std::size_t times = 20;
    reads::session session(on_);
    const auto uri = fmt::format("at://{}/app.bsky.feed.post/{}", did_of("alice"), rkey);
    const auto id =
        kind == collection::post
            ? must(reads::ids_of_uris(session, std::array<std::string_view, 1>{uri})).front()
            : must(reads::ids_of_dids(session, std::array<std::string_view, 1>{did_of("alice")}))
                  .front();
    const auto by = db::look_up_of(kind);
    db::params p;
    p.int8(limit).int8_array(std::vector<std::int64_t>(times, id));
    if (!by.of_uri)
      p.text_array(std::vector<std::string>(times, std::string{rkey}));
    const auto rows = must(on_.exec_prepared(*by.records, p));
    REQUIRE(rows.rows() == times);
    constexpr std::size_t record = 3; // the columns
    constexpr std::size_t text = 11;
    constexpr std::size_t extra = 17;
    std::size_t bytes = 0;
    for (std::size_t row = 0; row < times; ++row) {
      bytes += rows.get_bytea(row, record).size();
      for (auto column = text; kind == collection::post && column <= extra; ++column)
        bytes += rows.get_text(row, column).size();
    }
    return bytes;
  }

private:
  db::connection& on_;
};

} // namespace

TEST_CASE("what exceeds the limit of a call does not leave the database") {
  constexpr std::size_t large = 100'000;
  std::string long_tag = "en-x";
  while (long_tag.size() < large)
    long_tag += "-aaaaaaaa";
  firehose_builder events;
  events.post("alice", "p1", {{"own", std::string(large, 'x')}});
  events.post("alice", "p2", {{"langs", {long_tag}}});
  events.post("alice", "p3", {{"tags", {"t"}}, {"own", std::string(large, 'x')}});
  events.create("alice", "app.bsky.actor.profile/self",
                {{"$type", "app.bsky.actor.profile"}, {"own", std::string(large, 'x')}});
  index_target target;
  target.apply(events.take(), 1);
  const auto check = [&] {
    sent_records sent(target);
    for (const auto& [kind, rkey] :
         {std::pair{collection::post, "p1"}, std::pair{collection::post, "p2"},
          std::pair{collection::post, "p3"}, std::pair{collection::profile, "self"}}) {
      INFO(rkey);
      const auto whole = sent.bytes(kind, rkey, reads::no_record_limit);
      CHECK(whole > 20 * large);
      CHECK(whole < 21 * large); // in one form, not in two
      CHECK(sent.bytes(kind, rkey, large + 50'000) == whole);
      CHECK(sent.bytes(kind, rkey, large - 50'000) < large);
      CHECK(sent.bytes(kind, rkey, 1) < large);
    }
  };
  check();
  // As they were written before long posts kept their block.
  must(target.connection.exec("UPDATE posts SET record = NULL"));
  check();
}

TEST_CASE("of a post that is kept whole no column is read") {
  constexpr std::size_t large = 20'000;
  firehose_builder events;
  events.post("alice", "p1", {{"own", std::string(large, 'x')}});
  index_target target;
  target.apply(events.take(), 1);
  // A float has 9 bytes in a record, and 300 digits in the column.
  must(target.connection.exec("UPDATE posts SET extra = jsonb_build_object('own', "
                              "(SELECT jsonb_agg(1.2e300) FROM generate_series(1, 1000)))"));
  sent_records sent(target);
  CHECK(sent.bytes(collection::post, "p1", 2 * large) > 20 * large);
  CHECK(sent.bytes(collection::post, "p1", 2 * large) < 21 * large);
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

TEST_CASE("the largest op threads are missing in an answer that would be too large with them") {
  firehose_builder events;
  const auto innocent = events.post("bob", "p1");
  const auto second = events.reply("bob", "p2", innocent, innocent);
  index_target target;
  target.apply(events.take(), 10);
  // Four lines of 4,990 replies with rkeys of 512 bytes.
  must(target.connection.exec_script(R"sql(
    INSERT INTO users (id, did) OVERRIDING SYSTEM VALUE VALUES (1000, 'did:plc:long');
    INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE
      SELECT i, 1000, 1, CASE WHEN i % 10000 = 0 THEN 'root' || i / 10000
        ELSE lpad(i::text, 512, 'x') END
      FROM generate_series(10000, 44990) i WHERE i % 10000 <= 4990;
    INSERT INTO posts (id, creator_id, created_at, commit_time, place, cid, text, reply_parent_id,
        reply_root_id, reply_root_cid)
      SELECT id, 1000, '2024-11-23', '2025-01-01', id, '', '',
        CASE WHEN id % 10000 > 0 THEN id - 1 END,
        CASE WHEN id % 10000 > 0 THEN id / 10000 * 10000 END, '\x01'
      FROM uris WHERE repo_id = 1000;
    ANALYZE posts, uris;
  )sql"));
  bsky::GetPostRecordsRequest request;
  request.set_include_op_thread_metadata(true);
  for (int i = 1; i <= 4; ++i)
    request.add_uris(fmt::format("at://did:plc:long/app.bsky.feed.post/root{}", i));
  request.add_uris(innocent.uri);
  const auto answer =
      ask<bsky::GetPostRecordsResponse>(target.connection, "GetPostRecords", request);
  CHECK_FALSE(answer.records(4).record().empty());
  CHECK(answer.op_threads_size() == 4); // three of 2.8 MB, and the innocent one
  CHECK(std::ranges::count(answer.op_threads(), innocent.uri,
                           [](const auto& each) { return each.root_uri(); }) == 1);
  CHECK(answer.ByteSizeLong() <= dataplane::max_answer_bytes);
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
