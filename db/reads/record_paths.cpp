#include "db/reads/record_paths.hpp"

namespace prism::db {

using atproto::collection;

namespace {

[[nodiscard]] const char* paths_of_uris(std::string_view table) {
  return compose_sql(R"sql(
  SELECT o.did, u.rkey
  FROM {table} t JOIN uris u ON u.id = t.id JOIN users o ON o.id = t.creator_id
)sql",
                     {{"table", table}});
}

[[nodiscard]] const char* own_paths(std::string_view table) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM {table} t JOIN users o ON o.id = t.creator_id
)sql",
                     {{"table", table}});
}

[[nodiscard]] const char* own_or_parked_paths(std::string_view table, std::string_view kind) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM {table} t JOIN users o ON o.id = t.creator_id
  UNION ALL
  SELECT o.did, p.rkey
  FROM pending_ops p JOIN users o ON o.id = p.creator_id
  WHERE p.collection = {kind}
)sql",
                     {{"table", table}, {"kind", kind}});
}

[[nodiscard]] const char* declaration_paths(std::string_view kind) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM declarations t JOIN users o ON o.id = t.creator_id
  WHERE t.collection = {kind}
)sql",
                     {{"kind", kind}});
}

const statement post_paths{"paths_post", paths_of_uris("posts")};
const statement like_paths{"paths_like", own_or_parked_paths("likes", "2 /* like */")};
const statement repost_paths{"paths_repost", own_or_parked_paths("reposts", "3 /* repost */")};
const statement thread_gate_paths{"paths_thread_gate", paths_of_uris("thread_gates")};
const statement post_gate_paths{"paths_post_gate", paths_of_uris("post_gates")};
const statement feed_generator_paths{"paths_feed_generator", paths_of_uris("feed_generators")};
const statement follow_paths{"paths_follow", own_paths("follows")};
const statement block_paths{"paths_block", own_paths("blocks")};
const statement list_paths{"paths_list", paths_of_uris("lists")};
const statement list_item_paths{"paths_list_item",
                                own_or_parked_paths("list_items", "10 /* list_item */")};
const statement list_block_paths{"paths_list_block", own_paths("list_blocks")};
const statement starter_pack_paths{"paths_starter_pack", paths_of_uris("starter_packs")};
const statement verification_paths{"paths_verification", own_paths("verifications")};
const statement profile_paths{"paths_profile", own_paths("profiles")};
const statement status_paths{"paths_status", own_paths("statuses")};
const statement labeler_paths{"paths_labeler", own_paths("labelers")};
const statement notification_declaration_paths{
    "paths_notification_declaration", declaration_paths("17 /* notification_declaration */")};
const statement chat_declaration_paths{"paths_chat_declaration",
                                       declaration_paths("18 /* chat_declaration */")};
const statement germ_declaration_paths{"paths_germ_declaration",
                                       declaration_paths("19 /* germ_declaration */")};
const statement reference_list_opt_out_paths{"paths_reference_list_opt_out",
                                             own_paths("reference_list_opt_outs")};

} // namespace

const statement* record_paths_of(collection kind) noexcept {
  switch (kind) {
  case collection::post:
    return &post_paths;
  case collection::like:
    return &like_paths;
  case collection::repost:
    return &repost_paths;
  case collection::thread_gate:
    return &thread_gate_paths;
  case collection::post_gate:
    return &post_gate_paths;
  case collection::feed_generator:
    return &feed_generator_paths;
  case collection::follow:
    return &follow_paths;
  case collection::block:
    return &block_paths;
  case collection::list:
    return &list_paths;
  case collection::list_item:
    return &list_item_paths;
  case collection::list_block:
    return &list_block_paths;
  case collection::starter_pack:
    return &starter_pack_paths;
  case collection::verification:
    return &verification_paths;
  case collection::profile:
    return &profile_paths;
  case collection::status:
    return &status_paths;
  case collection::labeler:
    return &labeler_paths;
  case collection::notification_declaration:
    return &notification_declaration_paths;
  case collection::chat_declaration:
    return &chat_declaration_paths;
  case collection::germ_declaration:
    return &germ_declaration_paths;
  case collection::reference_list_opt_out:
    return &reference_list_opt_out_paths;
  case collection::other:
    break;
  }
  return nullptr;
}

} // namespace prism::db
