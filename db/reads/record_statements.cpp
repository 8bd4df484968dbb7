#include "db/reads/record_statements.hpp"

#include "db/reads/record_sql.hpp"

namespace prism::db {

using atproto::collection;

namespace {

const statement post_records{"records_post", record_sql::posts()};
const statement like_records{"records_like", record_sql::subjects("likes", "2 /* like */")};
const statement repost_records{"records_repost", record_sql::subjects("reposts", "3 /* repost */")};
const statement thread_gate_records{"records_thread_gate", record_sql::kept_by_id("thread_gates")};
const statement post_gate_records{"records_post_gate", record_sql::kept_by_id("post_gates")};
const statement feed_generator_records{"records_feed_generator",
                                       record_sql::kept_by_id("feed_generators")};
const statement follow_records{"records_follow", record_sql::pairs("follows")};
const statement block_records{"records_block", record_sql::pairs("blocks")};
const statement list_records{"records_list", record_sql::kept_by_id("lists")};
const statement list_item_records{"records_list_item", record_sql::list_items()};
const statement list_block_records{"records_list_block", record_sql::kept_by_path("list_blocks")};
const statement starter_pack_records{"records_starter_pack",
                                     record_sql::kept_by_id("starter_packs")};
const statement verification_records{"records_verification",
                                     record_sql::kept_by_path("verifications")};
const statement profile_records{"records_profile", record_sql::kept_by_path("profiles")};
const statement status_records{"records_status", record_sql::kept_by_path("statuses")};
const statement labeler_records{"records_labeler", record_sql::kept_by_path("labelers")};
const statement notification_declaration_records{
    "records_notification_declaration",
    record_sql::declarations("17 /* notification_declaration */")};
const statement chat_declaration_records{"records_chat_declaration",
                                         record_sql::declarations("18 /* chat_declaration */")};
const statement germ_declaration_records{"records_germ_declaration",
                                         record_sql::declarations("19 /* germ_declaration */")};
const statement reference_list_opt_out_records{"records_reference_list_opt_out",
                                               record_sql::kept_by_path("reference_list_opt_outs")};

const statement post_paths{"paths_post", record_sql::paths_of_uris("posts")};
const statement like_paths{"paths_like", record_sql::own_or_parked_paths("likes", "2 /* like */")};
const statement repost_paths{"paths_repost",
                             record_sql::own_or_parked_paths("reposts", "3 /* repost */")};
const statement thread_gate_paths{"paths_thread_gate", record_sql::paths_of_uris("thread_gates")};
const statement post_gate_paths{"paths_post_gate", record_sql::paths_of_uris("post_gates")};
const statement feed_generator_paths{"paths_feed_generator",
                                     record_sql::paths_of_uris("feed_generators")};
const statement follow_paths{"paths_follow", record_sql::own_paths("follows")};
const statement block_paths{"paths_block", record_sql::own_paths("blocks")};
const statement list_paths{"paths_list", record_sql::paths_of_uris("lists")};
const statement list_item_paths{
    "paths_list_item", record_sql::own_or_parked_paths("list_items", "10 /* list_item */")};
const statement list_block_paths{"paths_list_block", record_sql::own_paths("list_blocks")};
const statement starter_pack_paths{"paths_starter_pack",
                                   record_sql::paths_of_uris("starter_packs")};
const statement verification_paths{"paths_verification", record_sql::own_paths("verifications")};
const statement profile_paths{"paths_profile", record_sql::own_paths("profiles")};
const statement status_paths{"paths_status", record_sql::own_paths("statuses")};
const statement labeler_paths{"paths_labeler", record_sql::own_paths("labelers")};
const statement notification_declaration_paths{
    "paths_notification_declaration",
    record_sql::declaration_paths("17 /* notification_declaration */")};
const statement chat_declaration_paths{"paths_chat_declaration",
                                       record_sql::declaration_paths("18 /* chat_declaration */")};
const statement germ_declaration_paths{"paths_germ_declaration",
                                       record_sql::declaration_paths("19 /* germ_declaration */")};
const statement reference_list_opt_out_paths{"paths_reference_list_opt_out",
                                             record_sql::own_paths("reference_list_opt_outs")};

} // namespace

record_look_up look_up_of(collection kind) noexcept {
  switch (kind) {
  case collection::post:
    return {&post_records, &post_paths, collection::post};
  case collection::like:
    return {&like_records, &like_paths};
  case collection::repost:
    return {&repost_records, &repost_paths};
  case collection::thread_gate:
    return {&thread_gate_records, &thread_gate_paths, collection::post};
  case collection::post_gate:
    return {&post_gate_records, &post_gate_paths, collection::post};
  case collection::feed_generator:
    return {&feed_generator_records, &feed_generator_paths, collection::feed_generator};
  case collection::follow:
    return {&follow_records, &follow_paths};
  case collection::block:
    return {&block_records, &block_paths};
  case collection::list:
    return {&list_records, &list_paths, collection::list};
  case collection::list_item:
    return {&list_item_records, &list_item_paths};
  case collection::list_block:
    return {&list_block_records, &list_block_paths};
  case collection::starter_pack:
    return {&starter_pack_records, &starter_pack_paths, collection::starter_pack};
  case collection::verification:
    return {&verification_records, &verification_paths};
  case collection::profile:
    return {&profile_records, &profile_paths};
  case collection::status:
    return {&status_records, &status_paths};
  case collection::labeler:
    return {&labeler_records, &labeler_paths};
  case collection::notification_declaration:
    return {&notification_declaration_records, &notification_declaration_paths};
  case collection::chat_declaration:
    return {&chat_declaration_records, &chat_declaration_paths};
  case collection::germ_declaration:
    return {&germ_declaration_records, &germ_declaration_paths};
  case collection::reference_list_opt_out:
    return {&reference_list_opt_out_records, &reference_list_opt_out_paths};
  case collection::other:
    break;
  }
  return {};
}

} // namespace prism::db
