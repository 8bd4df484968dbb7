// Get…Records: what is missing in answers that would be too large, and what is never read for them.

#include "db/reads/answer_limit.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/record_statements.hpp"
#include "tests/integration/dataplane/record_methods.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

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
