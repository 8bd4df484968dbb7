// The lists of the recorded sample, read to the end in pages of many sizes: each row once, in the
// order of the reference query, also if some accounts are not active.

#include "db/reads/profiles.hpp"
#include "db/reads/thread.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/reads/listing.hpp"
#include "tests/integration/reads/reference_queries.hpp"
#include "tests/support/must.hpp"
#include "tools/replay/corpus_file.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using kind = reads::author_feed_kind;

namespace {

[[nodiscard]] index_target indexed_sample() {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  index_target out;
  out.apply(*corpus, 500);
  return out;
}

[[nodiscard]] std::vector<std::int64_t> ids(db::executor& on, const std::string& sql) {
  const auto rows = must(on.exec(sql));
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back(rows.get_int8(i, 0));
  return out;
}

/// Compares every list of every user, post and list with its reference.
/// @returns the number of rows.
std::size_t compare_all(db::executor& on, std::size_t page) {
  const reading how{.page = page};
  std::size_t seen = 0;
  const auto same = [&](const listing& found, const listing& expected) {
    CHECK(found == expected);
    seen += found.size();
  };
  for (const auto user : ids(on, "SELECT id FROM users ORDER BY id")) {
    INFO("user " << user);
    same(timeline(on, user, how), reference::timeline(on, user, how.max_rows));
    for (const auto each : {kind::everything, kind::no_replies, kind::author_threads})
      same(author_feed(on, user, each, how), reference::author_feed(on, user, each, how.max_rows));
    same(notifications(on, user, how), reference::notifications(on, user, how.max_rows));
    same(followers(on, user, how), reference::followers(on, user, how.max_rows));
    same(follows(on, user, how), reference::follows(on, user, how.max_rows));
  }
  for (const auto post : ids(on, "SELECT id FROM posts ORDER BY id")) {
    INFO("post " << post);
    same(likes(on, post, how), reference::likes(on, post, how.max_rows));
    same(reposts(on, post, how), reference::reposts(on, post, how.max_rows));
    same(quotes(on, post, how), reference::quotes(on, post, how.max_rows));
  }
  for (const auto list : ids(on, "SELECT id FROM lists"))
    same(members(on, list, how), reference::members(on, list, how.max_rows));
  return seen;
}

} // namespace

TEST_CASE("every list of the sample, read in pages, has each row once and in order") {
  auto sample = indexed_sample();
  const auto page = GENERATE(as<std::size_t>{}, 1, 7, 100);
  CHECK(compare_all(sample.connection, page) > 10'000);
}

TEST_CASE("records of inactive accounts are left out of every list") {
  auto sample = indexed_sample();
  const auto before = compare_all(sample.connection, 100);
  must(sample.connection.exec_script("UPDATE users SET status = 'takendown' WHERE id % 3 = 1"));
  const auto after = compare_all(sample.connection, 5);
  CHECK(after < before);
  CHECK(after > 1000);
}

TEST_CASE("a thread has all ancestors and all replies within the bounds") {
  auto sample = indexed_sample();
  auto& on = sample.connection;
  const auto hidden = GENERATE(false, true);
  if (hidden)
    must(on.exec_script("UPDATE users SET status = 'deactivated' WHERE id % 5 = 1"));
  std::size_t replies = 0;
  for (const auto post : ids(on, "SELECT id FROM posts ORDER BY id")) {
    INFO("post " << post);
    const auto found = must(reads::read_thread(on, post, {1000, 100, 100, 1000}));
    std::vector<std::int64_t> above;
    std::vector<std::int64_t> below;
    for (const auto& each : found.ancestors_and_post)
      above.push_back(each.id);
    for (const auto& each : found.replies)
      below.push_back(each.id);
    std::sort(below.begin(), below.end());
    CHECK(above == reference::ancestors(on, post));
    CHECK(below == reference::descendants(on, post, 100));
    replies += below.size();

    const auto small = must(reads::read_thread(on, post, {1, 1, 1, 1}));
    CHECK(small.ancestors_and_post.size() <= 2);
    CHECK(small.replies.size() == std::min<std::size_t>(1, found.replies.size()));
  }
  CHECK(replies > 100);
}

TEST_CASE("profiles have counts and status, also for inactive accounts") {
  auto sample = indexed_sample();
  auto& on = sample.connection;
  const auto users = ids(on, "SELECT id FROM users ORDER BY id DESC LIMIT 100");
  const auto found = must(reads::profiles(on, users));
  REQUIRE(found.size() == users.size());
  std::size_t inactive = 0;
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto& each = found[i];
    REQUIRE(each.user_id == users[i]);
    CHECK(must(reads::find_user(on, each.did)) == each.user_id);
    const auto id = std::to_string(each.user_id);
    CHECK(each.followers == sample.count("follows WHERE NOT duplicate AND subject_id = " + id));
    CHECK(each.follows == sample.count("follows WHERE NOT duplicate AND creator_id = " + id));
    CHECK(each.posts == sample.count("posts WHERE creator_id = " + id));
    inactive += each.status.empty() ? 0 : 1;
  }
  CHECK(inactive == static_cast<std::size_t>(sample.count("users WHERE status IS NOT NULL")));
  CHECK(must(reads::profiles(on, std::vector<std::int64_t>{-1})).empty());
  CHECK(must(reads::find_user(on, "did:plc:nobody")) == std::nullopt);
}
