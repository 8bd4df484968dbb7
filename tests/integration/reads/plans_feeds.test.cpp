// The statements of feeds, threads and notifications on two million rows: their plans, and that
// they return the rows of the reference query.

#include "db/reads/op_threads.hpp"
#include "db/reads/thread.hpp"
#include "tests/integration/reads/feed_listing.hpp"
#include "tests/integration/reads/feed_references.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/support/must.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;
using kind = reads::author_feed_kind;

namespace {

const promised_indexes promised{
    {"timeline",
     {"users_did_key", "follows_creator_time", "feed_items_originator_sort_at", "posts_pkey",
      "reposts_pkey"}},
    {"author_feed",
     {"users_did_key", "feed_items_originator_sort_at", "posts_pkey", "reposts_pkey"}},
    {"author_feed_scan_end", {"users_did_key", "feed_items_originator_sort_at"}},
    {"author_feed_images", {"users_did_key", "posts_images"}},
    {"author_feed_video", {"users_did_key", "posts_video"}},
    {"list_feed",
     {"users_did_key", "uris_repo_id_collection_rkey_key", "list_items_list_time", "lists_pkey",
      "reference_list_opt_outs_list", "posts_creator_time"}},
    {"thread_above",
     {"users_did_key", "uris_repo_id_collection_rkey_key", "posts_pkey", "uris_pkey",
      "users_pkey"}},
    {"thread_below",
     {"users_did_key", "uris_repo_id_collection_rkey_key", "posts_reply_parent", "uris_pkey",
      "users_pkey"}},
    {"thread_op_replies",
     {"users_did_key", "posts_pkey", "posts_creator_root", "deleted_op_replies_pkey", "uris_pkey"}},
    {"op_thread_roots", {"posts_pkey"}},
    {"op_thread_replies", {"posts_creator_root", "deleted_op_replies_pkey", "uris_pkey"}},
    {"notifications",
     {"users_did_key", "notifications_recipient_created_at", "uris_pkey", "follows_subject",
      "posts_pkey", "reposts_pkey", "starter_packs_pkey", "users_pkey"}},
    {"notifications_scan_end", {"users_did_key", "notifications_recipient_created_at"}},
    {"unread_notifications", {"users_did_key", "notifications_recipient_created_at"}},
    {"ids_of_uris", {"users_did_key", "uris_repo_id_collection_rkey_key"}},
    {"dids_of_ids", {"users_pkey"}},
    {"uris_of_ids", {"uris_pkey", "users_pkey"}},
};

constexpr feed_reading few_pages{.page = 50, .max_rows = 500};

[[nodiscard]] std::string did_of(std::int64_t user) {
  return fmt::format("did:plc:{:024}", user);
}

/// Users with 5,000, 500, 100, 10 and about 15 follows, one with very many followers, and an
/// inactive one.
constexpr std::array<std::int64_t, 7> users{1, 2, 3, 4, 5000, 19'999, 100};

[[nodiscard]] std::string uri_of(db::executor& on, std::int64_t post) {
  const auto rows = must(
      on.exec(fmt::format("SELECT 'at://' || o.did || '/app.bsky.feed.post/' || u.rkey FROM uris u "
                          "JOIN users o ON o.id = u.repo_id WHERE u.id = {}",
                          post)));
  return std::string{rows.get_text(0, 0)};
}

/// In order: the post and those above it; then those below, sorted as text.
[[nodiscard]] std::pair<listing, listing> halves(reads::thread thread, std::size_t above) {
  REQUIRE(thread.uris.size() >= above);
  const auto middle = thread.uris.begin() + static_cast<std::ptrdiff_t>(above);
  listing below(middle, thread.uris.end());
  thread.uris.erase(middle, thread.uris.end());
  std::sort(below.begin(), below.end());
  return {std::move(thread.uris), std::move(below)};
}

} // namespace

TEST_CASE("every feed on two million rows is read by index and equals the reference query") {
  auto& on = synthetic_network();
  explaining_executor explained(on);
  reads::session session(explained);
  for (const auto user : users) {
    INFO("user " << user);
    const auto did = did_of(user);
    CHECK(timeline(explained, did, few_pages) == reference::timeline(on, did, few_pages));
    for (const auto each :
         {kind::everything, kind::no_replies, kind::author_threads, kind::images, kind::video})
      CHECK(author_feed(explained, did, each, few_pages) ==
            reference::author_feed(on, did, each, few_pages));
    for (const bool followed : {false, true})
      CHECK(notifications(explained, did, followed, few_pages) ==
            reference::notifications(on, did, followed, few_pages));
    CHECK(must(reads::unread_notifications(explained, did)) ==
          std::min(reference::unread(on, did), reads::max_unread));
  }
  const auto list = "at://" + did_of(1) + "/app.bsky.graph.list/list";
  const auto posts = list_feed(explained, list, few_pages);
  CHECK(posts.size() == few_pages.max_rows);
  CHECK(posts == reference::list_feed(on, list, few_pages));
  for (const std::int64_t post : {1, 2, 77, 1000, 150'000, 199'996}) {
    INFO("post " << post);
    const auto uri = uri_of(on, post);
    const auto above = reference::above(on, uri, 80);
    const auto found = halves(must(reads::read_thread(explained, uri, 80, 6)), above.size());
    CHECK(found.first == above);
    CHECK(found.second == reference::below(on, uri, 6));
    must(reads::op_threads(session, std::array<std::string_view, 1>{uri}));
  }
  check_promised(explained, promised);
}

TEST_CASE("without the indexes of migration 0005 feeds would be sorted, so this check can fail") {
  auto& on = synthetic_network();
  must(on.exec_script("BEGIN; DROP INDEX feed_items_originator_sort_at; "
                      "DROP INDEX notifications_recipient_created_at"));
  explaining_executor explained(on);
  reads::session session(explained);
  must(reads::author_feed(session, did_of(1), kind::everything, {}, 50));
  must(reads::notifications(explained, did_of(1), {}, 50, false));
  must(on.exec_script("ROLLBACK"));
  for (const std::string statement : {"author_feed", "notifications"})
    for (const auto& each : explained.plans().at(statement)) {
      INFO(statement);
      CHECK(each.nodes.contains("Sort"));
    }
}
