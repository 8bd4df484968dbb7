// The statements that give records, accounts and counts, on two million rows: their plans.

#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/actors.hpp"
#include "db/reads/counts.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/support/must.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using atproto::collection;

namespace {

const promised_indexes promised{
    {"records_post", {"posts_pkey", "thread_gates_pkey", "post_gates_pkey"}},
    {"records_like", {"likes_pkey", "pending_ops_pkey"}},
    {"records_repost", {"reposts_pkey", "pending_ops_pkey"}},
    {"records_follow", {"follows_pkey"}},
    {"records_block", {"blocks_pkey"}},
    {"records_thread_gate", {"thread_gates_pkey"}},
    {"records_post_gate", {"post_gates_pkey"}},
    {"records_list", {"lists_pkey"}},
    {"records_feed_generator", {"feed_generators_pkey"}},
    {"records_starter_pack", {"starter_packs_pkey"}},
    {"records_list_item", {"list_items_pkey", "pending_ops_pkey"}},
    {"records_list_block", {"list_blocks_pkey"}},
    {"records_verification", {"verifications_pkey"}},
    {"records_profile", {"profiles_pkey"}},
    {"records_status", {"statuses_pkey"}},
    {"records_labeler", {"labelers_pkey"}},
    {"records_notification_declaration", {"declarations_pkey"}},
    {"records_chat_declaration", {"declarations_pkey"}},
    {"records_germ_declaration", {"declarations_pkey"}},
    {"records_reference_list_opt_out", {"reference_list_opt_outs_pkey"}},
    {"actors",
     {"users_pkey", "profiles_pkey", "statuses_pkey", "labelers_pkey", "declarations_pkey"}},
    {"dids_of_handles", {"users_handle"}},
    {"latest_rev", {"users_did_key", "repos_pkey"}},
    {"counts_of_interactions", {"post_aggregates_pkey"}},
    {"counts_of_users",
     {"user_aggregates_pkey", "lists_creator_time", "feed_generators_creator_time",
      "starter_packs_creator_time"}},
    {"counts_of_lists", {"list_aggregates_pkey"}},
    {"counts_of_joined", {"profiles_self_joined_via"}},
    {"ids_of_dids", {"users_did_key"}},
    {"ids_of_uris", {"users_did_key", "uris_repo_id_collection_rkey_key"}},
    {"dids_of_ids", {"users_pkey"}},
    {"uris_of_ids", {"uris_pkey", "users_pkey"}},
};

struct row {
  std::string did;
  std::string rkey;
};

/// @param from the rest of a SELECT with o for the author and t.rkey
[[nodiscard]] std::vector<row> rows_of(db::connection& on, const std::string& from) {
  const auto rows = must(on.exec("SELECT o.did, t.rkey FROM " + from));
  return db::read_rows<row>(rows,
                            [](row& out, db::row_reader& from) { from >> out.did >> out.rkey; });
}

[[nodiscard]] std::vector<db::record_path> paths_of(const std::vector<row>& rows) {
  std::vector<db::record_path> out;
  out.reserve(rows.size());
  for (const auto& each : rows)
    out.push_back({each.did, each.rkey});
  return out;
}

[[nodiscard]] std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

[[nodiscard]] std::vector<std::string> texts_of(db::connection& on, const std::string& select) {
  const auto rows = must(on.exec(select));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

} // namespace

TEST_CASE("500 records, accounts and counts of two million rows are looked up by key") {
  auto& on = synthetic_network();
  explaining_executor explained(on);
  reads::session session(explained);
  const auto check = [&](collection kind, const std::string& from) {
    INFO(atproto::nsid_of(kind));
    const auto rows = rows_of(on, from + " LIMIT 500");
    REQUIRE(!rows.empty());
    const auto found = must(db::records_at(session, kind, paths_of(rows)));
    CHECK(found.size() == rows.size());
  };
  const auto uris = [](int kind) {
    return "uris t JOIN users o ON o.id = t.repo_id WHERE t.collection = " + std::to_string(kind);
  };
  const auto paths = [](const std::string& table) {
    return table + " t JOIN users o ON o.id = t.creator_id";
  };
  const auto by_uri_in = [](const std::string& table) {
    return table + " g JOIN uris t ON t.id = g.id JOIN users o ON o.id = g.creator_id";
  };
  const auto declarations = [&](int kind) {
    return paths("declarations") + " WHERE t.collection = " + std::to_string(kind);
  };
  check(collection::post, uris(1));
  check(collection::list, uris(9));
  check(collection::feed_generator, by_uri_in("feed_generators"));
  check(collection::starter_pack, uris(12));
  check(collection::thread_gate, by_uri_in("thread_gates"));
  check(collection::post_gate, by_uri_in("post_gates"));
  check(collection::like, paths("likes"));
  check(collection::like, paths("pending_ops") + " WHERE t.collection = 2");
  check(collection::repost, paths("reposts"));
  check(collection::repost, paths("pending_ops") + " WHERE t.collection = 3");
  check(collection::follow, paths("follows"));
  check(collection::block, paths("blocks"));
  check(collection::list_item, paths("list_items"));
  check(collection::list_block, paths("list_blocks"));
  check(collection::verification, paths("verifications"));
  check(collection::profile, paths("profiles"));
  check(collection::status, paths("statuses"));
  check(collection::labeler, paths("labelers"));
  check(collection::notification_declaration, declarations(17));
  check(collection::chat_declaration, declarations(18));
  check(collection::germ_declaration, declarations(19));
  check(collection::reference_list_opt_out, paths("reference_list_opt_outs"));

  const auto dids = texts_of(on, "SELECT did FROM users ORDER BY id DESC LIMIT 500");
  CHECK(must(reads::actors(session, views(dids))).size() == 500);
  const auto handles = texts_of(on, "SELECT handle FROM users ORDER BY id DESC LIMIT 500");
  CHECK(must(reads::dids_of_handles(explained, views(handles))) == dids);
  const auto posts =
      texts_of(on, "SELECT 'at://' || o.did || '/app.bsky.feed.post/' || t.rkey FROM " + uris(1) +
                       " LIMIT 500");
  const auto counts = must(reads::interaction_counts_of(session, views(posts)));
  CHECK(std::ranges::any_of(counts, [](const auto& each) { return each.likes > 0; }));
  const auto of_users = must(reads::user_counts_of(session, views(dids)));
  CHECK(std::ranges::any_of(of_users, [](const auto& each) { return each.followers > 0; }));
  const auto lists =
      texts_of(on, "SELECT 'at://' || o.did || '/app.bsky.graph.list/' || t.rkey FROM " + uris(9) +
                       " ORDER BY t.id LIMIT 500");
  CHECK(must(reads::list_counts_of(session, views(lists))).front() > 0);
  const auto packs =
      texts_of(on, "SELECT 'at://' || o.did || '/app.bsky.graph.starterpack/' || t.rkey FROM " +
                       uris(12) + " ORDER BY t.id LIMIT 500");
  const auto joined = must(reads::joined_counts_of(session, views(packs), 0));
  CHECK(joined.front().all > 100);
  CHECK(joined.front().recent == joined.front().all);
  CHECK(must(reads::latest_rev(explained, dids.front())) == "0000000020000");
  check_promised(explained, promised);
}
