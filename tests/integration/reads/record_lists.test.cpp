// Lists of records by time: each row once and in order, in pages of any size, and bounded for any
// content of the tables.

#include "db/reads/reader_plans.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/reads/record_listing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/corpus_file.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <set>

using namespace prism;
using namespace prism::test;

namespace {

/// Whose list it is in the database below.
[[nodiscard]] std::string_view key_of(const record_listing& list) {
  const std::string_view name = list.name;
  if (name == "list_members")
    return "at://did:plc:u1/app.bsky.graph.list/r2";
  return name.ends_with("_of") ? "at://did:plc:u1/app.bsky.feed.post/r1" : "did:plc:u1";
}

/// User 1 with n rows in each of the lists. @param time of row i, in SQL
[[nodiscard]] db::connection crowd(int n, const std::string& time) {
  auto on = connect_to(pg_fixture::migrated_database());
  const auto insert = [&](const std::string& table, const std::string& columns,
                          const std::string& values, bool has_record) {
    must(on.exec_script(
        fmt::format("INSERT INTO {} ({}, created_at, commit_time, cid{}) SELECT {}, {}, {}, "
                    "convert_to('c' || lpad((i * 7919 % 1000003)::text, 7, '0'), 'UTF8'){} "
                    "FROM generate_series(2, {} + 1) i",
                    table, columns, has_record ? ", record" : "", values, time, time,
                    has_record ? ", ''" : "", n)));
  };
  must(on.exec_script(
      fmt::format("INSERT INTO users (id, did, indexed_at) OVERRIDING SYSTEM VALUE "
                  "SELECT i, 'did:plc:u' || i, now() FROM generate_series(1, {0} + 1) i;"
                  "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE "
                  "SELECT i + 100000 * n, 1, (ARRAY[1, 9, 6, 12])[n + 1], 'r' || i "
                  "FROM generate_series(1, {0} + 1) i, generate_series(0, 3) n",
                  n)));
  const std::string pair = "creator_id, subject_id, rkey, duplicate";
  const std::string from_others = "i, 1, 'to', false";
  const std::string to_others = "1, i, 'r' || i, false";
  for (const auto* table : {"likes", "reposts"})
    for (const auto& values : {from_others, to_others})
      insert(table, pair + ", subject_cid", values + ", ''", false);
  insert("follows", pair, from_others, false);
  insert("follows", pair, to_others, false);
  insert("blocks", pair, to_others, false);
  insert("posts", "id, creator_id, quoted_id, text", "i, 1, 1, ''", false);
  must(on.exec_script("INSERT INTO posts (id, creator_id, text, created_at, commit_time, cid) "
                      "VALUES (1, 1, '', now(), now(), '')"));
  insert("lists", "id, creator_id, name, purpose", "100000 + i, 1, '', ''", true);
  insert("feed_generators", "id, creator_id, feed_did, display_name", "200000 + i, 1, '', ''",
         true);
  insert("starter_packs", "id, creator_id, name", "300000 + i, 1, ''", true);
  insert("list_items", "creator_id, list_id, subject_id, rkey, duplicate",
         "1, 100002, i, 'r' || i, false", true);
  insert("list_blocks", "creator_id, list_id, rkey, duplicate", "1, 100000 + i, 'r' || i, false",
         true);
  must(on.exec_script("ANALYZE"));
  must(reads::set_reader_plans(on));
  return on;
}

/// Lists that leave out accounts that were never looked up.
[[nodiscard]] bool is_followed(std::string_view name) {
  return name == "follows" || name == "followers";
}

/// Lists of which a thousand rows are read for any page.
[[nodiscard]] bool is_whole(std::string_view name) {
  return name == "feeds_by" || name == "blocking_lists" || name == "reposts_by";
}

constexpr const char* one_time = "timestamptz '2024-11-23'";
/// Eight rows a millisecond, and not in the order of ids.
constexpr const char* crowded = "timestamptz '2024-11-23' + (i % 97) * interval '1 ms'";

} // namespace

TEST_CASE("each list of records of the sample is that of the simple query, in pages of any size") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  index_target sample;
  sample.apply(*corpus, 500);
  auto& on = sample.connection;
  must(on.exec_script("UPDATE users SET indexed_at = now() WHERE id % 7 > 0;"
                      "UPDATE users SET status = 'takendown' WHERE id % 5 = 1"));
  for (const auto& list : record_listings()) {
    INFO(list.name);
    std::size_t seen = 0;
    for (const auto& key : keys_of(on, list)) {
      INFO(key);
      const auto expected = reference_listing(on, list, key);
      for (const std::size_t page : {1, 7, 100})
        if (page > 1 || expected.size() < 20)
          CHECK(read_listing(on, list, key, page) == expected);
      seen += expected.size();
    }
    CHECK(seen > 0);
  }
}

TEST_CASE("rows of one millisecond are each returned once across pages") {
  const auto* time = GENERATE(one_time, crowded);
  auto on = crowd(800, time);
  for (const auto& list : record_listings()) {
    INFO(list.name);
    const auto expected = reference_listing(on, list, key_of(list));
    REQUIRE(expected.size() == 800);
    for (const std::size_t page : {9, 70, 799, 800, 801})
      CHECK(read_listing(on, list, key_of(list), page) == expected);
  }
}

TEST_CASE("exactly as many rows as asked for are the last page; none asked for is none") {
  auto on = crowd(20, crowded);
  for (const auto& list : record_listings()) {
    INFO(list.name);
    const auto whole = must(list.read(on, key_of(list), {{}, 20}));
    CHECK(whole.rows.size() == 20);
    CHECK(whole.cursor.empty());
    const auto most = must(list.read(on, key_of(list), {{}, 19}));
    CHECK(most.rows.size() == 19);
    CHECK(most.cursor ==
          reads::format_list_cursor({most.rows.back().sort_at / 1000, most.rows.back().cid}));
    const auto none = must(list.read(on, key_of(list), {{}, 0}));
    CHECK(none.rows.empty());
    CHECK(none.cursor.empty());
  }
}

TEST_CASE("unknown accounts and records have empty lists") {
  auto on = crowd(3, crowded);
  for (const auto& list : record_listings())
    for (const auto* key : {"", "did:plc:nobody", "at://did:plc:u1/app.bsky.feed.post/none", "x",
                            "at://did:plc:u1", "did:plc:u4"}) {
      if (key == std::string_view{"did:plc:u4"} && std::string_view{list.name} != "list_members")
        continue;
      INFO(list.name << " of '" << key << "'");
      CHECK(must(list.read(on, key, {{}, 10})).rows.empty());
    }
}

TEST_CASE(
    "of thousands of rows with one forged time some are returned, none twice, and paging ends") {
  auto on = crowd(5000, one_time);
  for (const auto& list : record_listings()) {
    INFO(list.name);
    const auto rows = read_listing(on, list, key_of(list), 100);
    CHECK(rows.size() >= reads::max_same_millisecond);
    CHECK(std::set<std::string>(rows.begin(), rows.end()).size() == rows.size());
  }
}

TEST_CASE("duplicates are left out of every list, inactive accounts of none") {
  auto on = crowd(20, crowded);
  must(on.exec_script("UPDATE users SET status = 'takendown'"));
  for (const auto& list : record_listings()) {
    INFO(list.name);
    CHECK(read_listing(on, list, key_of(list), 7).size() == 20);
  }
  for (const auto* table : {"likes", "reposts", "follows", "blocks", "list_items", "list_blocks"})
    must(on.exec_script(fmt::format("UPDATE {} SET duplicate = true WHERE rkey <> 'r5' "
                                    "AND (rkey <> 'to' OR creator_id <> 5)",
                                    table)));
  const std::set<std::string_view> without{"quotes_of", "lists_by", "feeds_by", "starter_packs_by"};
  for (const auto& list : record_listings()) {
    INFO(list.name);
    CHECK(read_listing(on, list, key_of(list), 7).size() == (without.contains(list.name) ? 20 : 1));
  }
}

TEST_CASE("follows of accounts that were never looked up are left out, in full pages") {
  auto on = crowd(600, crowded);
  must(on.exec_script("UPDATE users SET indexed_at = NULL WHERE id % 6 > 0 AND id > 1"));
  for (const auto& list : record_listings()) {
    if (!is_followed(list.name))
      continue;
    INFO(list.name);
    const auto expected = reference_listing(on, list, "did:plc:u1");
    REQUIRE(expected.size() == 100);
    for (const std::size_t page : {1, 9, 99, 100, 101})
      CHECK(read_listing(on, list, "did:plc:u1", page) == expected);
    const auto first = must(list.read(on, "did:plc:u1", {{}, 99}));
    CHECK(first.rows.size() == 99);
    CHECK(!first.cursor.empty());
    CHECK(must(list.read(on, "did:plc:u1", {{}, 100})).cursor.empty());
  }
}

TEST_CASE("a page reads a bounded number of rows of the longest lists") {
  auto on = crowd(20'000, "timestamptz '2024-11-23' + i * interval '1 s'");
  must(on.exec_script("UPDATE users SET indexed_at = NULL WHERE id > 1; ANALYZE users"));
  const auto rows_so_far = [&] {
    return must(on.exec("SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int8 "
                        "FROM pg_stat_xact_user_tables"))
        .get_int8(0, 0);
  };
  must(on.exec_script("BEGIN")); // in which the numbers of this session are kept
  for (const auto& list : record_listings()) {
    INFO(list.name);
    const std::string_view name = list.name;
    reads::page_request asked{std::nullopt, 50};
    // In the beginning and far behind it.
    for (const int at : {0, 10'000}) {
      if (at > 0)
        asked.after = reads::list_cursor{1'732'320'000'000 + at * 1000, "c"};
      const auto before = rows_so_far();
      const auto cursor = must(list.read(on, key_of(list), asked)).cursor;
      const auto count = rows_so_far() - before;
      CHECK(!cursor.empty());
      const auto most = is_followed(name) ? 3000 : is_whole(name) ? 5000 : 400;
      CHECK(count < most);
      if (is_whole(name))
        break; // these have their first thousand rows only
    }
  }
}
