// The statements for lists of records, and for what is between accounts, on two million rows: their
// plans, and that they return the rows of simple queries.

#include "db/reads/by_actor.hpp"
#include "db/reads/known.hpp"
#include "db/reads/relationships.hpp"
#include "db/reads/uri_args.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/integration/reads/record_listing.hpp"
#include "tests/support/must.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] index_names by_account(std::set<std::string> others) {
  others.insert("users_did_key");
  return others;
}

[[nodiscard]] index_names by_uri(std::set<std::string> others) {
  others.insert("uris_repo_id_collection_rkey_key");
  return by_account(std::move(others));
}

const index_names for_blocks{"blocks_subject", "list_blocks_creator_time", "list_items_member",
                             "lists_pkey"};

[[nodiscard]] index_names with(index_names some, const std::string& another) {
  some.insert(another);
  return some;
}

const promised_indexes promised{
    {"followers", by_account({"follows_subject_time", "users_pkey"})},
    {"follows", by_account({"follows_creator_time", "users_pkey"})},
    {"likes_of", by_uri({"likes_subject_time", "pending_ops_referent", "users_pkey"})},
    {"reposts_of", by_uri({"reposts_subject_time", "pending_ops_referent", "users_pkey"})},
    {"quotes_of", by_uri({"posts_quoted_time", "posts_pkey", "uris_pkey", "users_pkey"})},
    {"likes_by", by_account({"likes_creator_time", "pending_ops_pkey", "uris_pkey", "users_pkey"})},
    {"reposts_by", by_account({"reposts_pkey", "pending_ops_pkey", "uris_pkey", "users_pkey"})},
    {"lists_by", by_account({"lists_creator_time", "uris_pkey"})},
    {"feeds_by", by_account({"feed_generators_creator_time", "uris_pkey"})},
    {"starter_packs_by", by_account({"starter_packs_creator_time", "uris_pkey"})},
    {"blocks_by", by_account({"blocks_creator_time"})},
    {"list_members",
     by_uri({"list_items_list_time", "lists_pkey", "reference_list_opt_outs_list", "users_pkey"})},
    {"blocking_lists", by_account({"list_blocks_creator_time", "lists_pkey", "uris_pkey"})},
    {"likes_by_of", {"likes_subject", "pending_ops_referent"}},
    {"reposts_by_of", {"reposts_subject", "pending_ops_referent"}},
    {"follows_by_of", {"follows_subject"}},
    {"list_blocks_by_of", {"list_blocks_list"}},
    {"opt_outs_by_of", {"lists_pkey", "reference_list_opt_outs_list"}},
    {"memberships_of", {"list_items_member", "pending_ops_referent"}},
    {"relationships", with(with(for_blocks, "follows_subject"), "users_pkey")},
    {"blocks_of_pairs", for_blocks},
    {"ids_of_dids", by_account({})},
    {"ids_of_uris", by_uri({})},
    {"known_followers",
     by_account({"user_aggregates_pkey", "follows_subject", "follows_creator_time", "users_pkey"})},
    {"known_likers", by_uri({"likes_subject_time", "follows_subject", "users_pkey"})},
};

[[nodiscard]] std::string did(std::int64_t user) {
  return fmt::format("did:plc:{:024}", user);
}

[[nodiscard]] std::vector<std::string> texts_of(db::connection& on, const std::string& select) {
  const auto rows = must(on.exec(select));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

[[nodiscard]] std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

[[nodiscard]] std::ptrdiff_t filled(const std::vector<std::string>& texts) {
  return std::ranges::count_if(texts, [](const auto& each) { return !each.empty(); });
}

/// @param kind a collection @param nsid its name
[[nodiscard]] std::vector<std::string> uris(db::connection& on, int kind, const char* nsid,
                                            const char* which) {
  return texts_of(on, fmt::format("SELECT 'at://' || o.did || '/{}/' || u.rkey FROM uris u "
                                  "JOIN users o ON o.id = u.repo_id WHERE u.collection = {} {}",
                                  nsid, kind, which));
}

} // namespace

TEST_CASE("lists of records of two million rows are read by index and equal the simple query") {
  auto& on = synthetic_network();
  explaining_executor explained(on);
  reads::session session(explained);
  for (const auto& list : record_listings()) {
    INFO(list.name);
    std::size_t seen = 0;
    for (const auto& key : keys_of(on, list, 3)) {
      INFO(key);
      const auto expected = reference_listing(on, list, key, 300);
      CHECK(read_listing(explained, list, key, 50, 300) == expected);
      seen += expected.size();
    }
    CHECK(seen > 0);
  }

  // User 1 follows 5,000, user 4 follows 10; the first posts have most of the likes.
  const auto posts = uris(on, 1, "app.bsky.feed.post", "AND u.id <= 500");
  const auto lists = uris(on, 9, "app.bsky.graph.list", "ORDER BY u.id LIMIT 500");
  const auto dids = texts_of(on, "SELECT did FROM users ORDER BY id LIMIT 500");
  REQUIRE(posts.size() == 500);
  const auto count = [&](const std::string& from) {
    return must(on.exec("SELECT count(*) FROM " + from)).get_int8(0, 0);
  };
  std::ptrdiff_t likes = 0;
  std::ptrdiff_t reposts = 0;
  for (const auto& each : texts_of(on, "SELECT did FROM users o WHERE EXISTS (SELECT FROM reposts "
                                       "WHERE creator_id = o.id AND subject_id <= 500) LIMIT 20")) {
    likes += filled(must(reads::likes_by_of(session, each, views(posts))));
    reposts += filled(must(reads::reposts_by_of(session, each, views(posts))));
  }
  CHECK(likes > 0);
  CHECK(reposts > 0);
  CHECK(filled(must(reads::follows_by_of(session, did(1), views(dids)))) ==
        count("follows WHERE creator_id = 1 AND subject_id <= 500"));
  CHECK(filled(must(reads::list_blocks_by_of(session, did(12), views(lists)))) ==
        count("list_blocks WHERE creator_id = 12"));
  CHECK(filled(must(reads::opt_outs_by_of(session, did(12), views(lists)))) ==
        count("reference_list_opt_outs JOIN lists l ON l.id = list_id "
              "WHERE reference_list_opt_outs.creator_id = 12 AND purpose LIKE '%#referencelist'"));
  CHECK(filled(must(reads::memberships_of(session, did(12), views(lists)))) ==
        count("list_items WHERE subject_id = 12"));

  const auto between = must(reads::relationships(session, did(1), views(dids)));
  const auto following =
      std::ranges::count_if(between, [](const auto& each) { return !each.following.empty(); });
  CHECK(following == count("follows WHERE creator_id = 1 AND subject_id <= 500"));
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (std::size_t i = 1; i < dids.size(); ++i)
    pairs.emplace_back(dids[i], dids[i / 2]);
  const auto blocker =
      texts_of(on, "SELECT did FROM users WHERE id = (SELECT min(creator_id) FROM blocks)");
  const auto blocked =
      texts_of(on, "SELECT did FROM users WHERE id = (SELECT subject_id FROM blocks "
                   "WHERE creator_id = (SELECT min(creator_id) FROM blocks) LIMIT 1)");
  pairs.emplace_back(blocker.at(0), blocked.at(0));
  const auto blocks = must(reads::blocks_of_pairs(session, pairs));
  CHECK(std::ranges::any_of(blocks, [](const auto& each) { return !each.blocking.empty(); }));

  for (const auto viewer : {1, 4}) {
    const auto known = must(reads::known_followers(explained, did(viewer), views(dids)));
    for (const std::size_t whom : {1, 2, 17, 400})
      CHECK(static_cast<std::int64_t>(known[whom - 1].size()) ==
            count(fmt::format("follows a JOIN follows b ON b.creator_id = a.subject_id "
                              "WHERE a.creator_id = {} AND b.subject_id = {}",
                              viewer, whom)));
  }
  const auto likers = must(reads::known_likers_of(explained, did(1), views(posts), 3));
  CHECK(std::ranges::any_of(
      likers, [](const auto& each) { return each.count > 3 && each.dids.size() == 3; }));
  check_promised(explained, promised);
}

TEST_CASE("who is known is counted, however often one account is asked for") {
  auto& on = synthetic_network();
  const auto popular = did(1);
  const std::vector<std::string_view> often(reads::max_arguments, popular);
  std::size_t known = 0;
  for (const auto& each : must(reads::known_followers(on, did(2), often)))
    known += each.size();
  CHECK(known == reads::max_known + 1);
}

TEST_CASE("without the index by time a list is sorted, so the check of plans can fail") {
  auto& on = synthetic_network();
  must(on.exec_script("BEGIN; DROP INDEX follows_subject_time"));
  explaining_executor explained(on);
  must(record_listings().front().read(explained, did(1), {{}, 50}));
  must(on.exec_script("ROLLBACK"));
  for (const auto& each : explained.plans().at("followers"))
    CHECK((each.nodes.contains("Sort") || each.nodes.contains("Incremental Sort")));
}
