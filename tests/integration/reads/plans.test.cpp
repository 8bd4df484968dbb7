// Every statement of db/reads on two million rows: its plan, and that it returns the rows of the
// reference query.

#include "db/reads/profiles.hpp"
#include "db/reads/thread.hpp"
#include "tests/integration/reads/listing.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/integration/reads/reference_queries.hpp"
#include "tests/support/must.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using kind = reads::author_feed_kind;

namespace {

using names = index_names;

/// The indexes that a statement reads to return posts, and the index that finds them.
[[nodiscard]] names with_post(const char* found_by) {
  return {found_by,          "uris_pkey",        "users_pkey", "post_aggregates_pkey",
          "post_gates_pkey", "thread_gates_pkey"};
}

/// By statement: the indexes that its plan must read.
const promised_indexes promised{
    {"timeline_heads", {"feed_items_originator_sort_at", "follows_pkey"}},
    {"timeline_items", {"feed_items_originator_sort_at", "uris_pkey", "users_pkey"}},
    {"author_feed", {"feed_items_originator_sort_at", "uris_pkey", "users_pkey"}},
    {"notifications", {"notifications_recipient_created_at", "uris_pkey", "users_pkey"}},
    {"unread_notifications", {"notifications_recipient_created_at", "users_pkey"}},
    {"followers", {"follows_subject", "users_pkey"}},
    {"follows", {"follows_pkey", "users_pkey"}},
    {"likes_of", {"likes_subject", "users_pkey"}},
    {"reposts_of", {"reposts_subject", "users_pkey"}},
    {"list_members", {"list_items_member", "users_pkey"}},
    {"quotes_of", with_post("posts_quoted")},
    {"thread_ancestors", with_post("posts_pkey")},
    {"thread_replies", with_post("posts_reply_parent")},
    {"posts_by_id", with_post("posts_pkey")},
    {"find_post", {"users_did_key", "uris_repo_id_collection_rkey_key", "posts_pkey"}},
    {"profiles", {"users_pkey", "profiles_pkey", "user_aggregates_pkey"}},
    {"find_user", {"users_did_key"}},
};

/// All lists here are newest first.
constexpr reading few_pages{.page = 50, .max_rows = 500};

/// Users with 5,000, 500, 100, 10 and about 15 follows, one with very many followers, and an
/// inactive one.
constexpr std::array<std::int64_t, 7> users{1, 2, 3, 4, 5000, 19'999, 100};

} // namespace

TEST_CASE("every list on two million rows is read by index and equals the reference query") {
  auto& on = synthetic_network();
  explaining_executor explained(on);
  for (const auto user : users) {
    INFO("user " << user);
    CHECK(timeline(explained, user, few_pages) ==
          reference::timeline(on, user, few_pages.max_rows));
    for (const auto each : {kind::everything, kind::no_replies, kind::author_threads})
      CHECK(author_feed(explained, user, each, few_pages) ==
            reference::author_feed(on, user, each, few_pages.max_rows));
    CHECK(notifications(explained, user, few_pages) ==
          reference::notifications(on, user, few_pages.max_rows));
    CHECK(followers(explained, user, few_pages) ==
          reference::followers(on, user, few_pages.max_rows));
    CHECK(follows(explained, user, few_pages) == reference::follows(on, user, few_pages.max_rows));
  }
  int hidden = 0;
  for (const std::int64_t post : {1, 2, 77, 1000, 150'000}) {
    INFO("post " << post);
    CHECK(likes(explained, post, few_pages) == reference::likes(on, post, few_pages.max_rows));
    CHECK(reposts(explained, post, few_pages) == reference::reposts(on, post, few_pages.max_rows));
    CHECK(quotes(explained, post, few_pages) == reference::quotes(on, post, few_pages.max_rows));
    const auto thread = must(reads::read_thread(explained, post));
    const auto of_author = reference::hidden(on, post, 100'000);
    const std::set<std::int64_t> hides(of_author.begin(), of_author.end());
    for (const auto& each : thread.replies)
      if (each.reply_root_id == post) {
        CHECK(each.hidden == hides.contains(each.id));
        hidden += each.hidden ? 1 : 0;
      }
  }
  CHECK(hidden > 0);
  must(reads::read_thread(explained, 199'996));
  CHECK(members(explained, 200'001, few_pages) ==
        reference::members(on, 200'001, few_pages.max_rows));
  CHECK(must(reads::profiles(explained, users)).size() == users.size());
  CHECK(must(reads::posts(explained, std::array<std::int64_t, 2>{1, 2})).size() == 2);
  const auto first = must(reads::posts(explained, std::array<std::int64_t, 1>{1})).at(0);
  CHECK(must(reads::find_user(explained, first.did)) == first.creator_id);
  CHECK(must(reads::find_post(explained, first.did, first.rkey)) == 1);

  // For some users all notifications are older, for others some of them are newer.
  const auto middle = must(on.exec("SELECT timestamptz '2024-11-23T00:40Z'"));
  for (const auto user : users) {
    const auto seen_at = middle.get_timestamptz(0, 0);
    CHECK(must(reads::unread_notifications(explained, user, seen_at)) ==
          std::min(reference::unread(on, user, seen_at), reads::max_unread));
  }

  check_promised(explained, promised);
}

TEST_CASE(
    "without the indexes of migration 0005 the plans differ, so the check of plans can fail") {
  auto& on = synthetic_network();
  must(on.exec_script("BEGIN; DROP INDEX feed_items_originator_sort_at; "
                      "DROP INDEX notifications_recipient_created_at"));
  explaining_executor explained(on);
  must(reads::author_feed(explained, 1, kind::everything, {}, 50));
  must(reads::notifications(explained, 1, {}, 50));
  must(on.exec_script("ROLLBACK"));
  for (const auto& [statement, plans] : explained.plans())
    for (const auto& each : plans) {
      INFO(statement);
      CHECK(each.nodes.contains("Sort"));
    }
}
