#include "db/index/relation_table.hpp"

namespace prism::db {

using atproto::collection;

namespace {

constexpr auto creator_id = int8_column<&relation::creator_id>("creator_id");
constexpr auto subject_id = int8_column<&relation::subject_id>("subject_id");
constexpr auto list_id = int8_column<&relation::list_id>("list_id");
constexpr auto via_id = int8_column<&relation::via_id>("via_id");
constexpr auto rkey = text_column<&relation::rkey>("rkey");
constexpr auto created_at = timestamptz_column<&relation::created_at>("created_at");
constexpr auto created_text = text_column<&relation::created_text>("created_text");
constexpr auto commit_time = timestamptz_column<&relation::commit_time>("commit_time");
constexpr auto place = int8_column<&relation::place>("place");
constexpr auto cid = bytea_column<&relation::cid>("cid");
constexpr auto subject_cid = bytea_column<&relation::subject_cid>("subject_cid");
constexpr auto via_cid = bytea_column<&relation::via_cid>("via_cid");
constexpr auto handle = text_column<&relation::handle>("handle");
constexpr auto display_name = text_column<&relation::display_name>("display_name");
constexpr auto record = bytea_column<&relation::record>("record");

[[nodiscard]] std::vector<relation_table> make_tables() {
  const std::vector<relation_column> of_subject{creator_id, subject_id,   created_at, commit_time,
                                                via_id,     rkey,         cid,        subject_cid,
                                                via_cid,    created_text, record,     place};
  const std::vector<relation_column> of_pair{
      creator_id, subject_id, created_at, commit_time, rkey, cid, created_text, record, place};
  std::vector<relation_table> out;
  const auto add = [&](relation_shape shape) { out.emplace_back(std::move(shape)); };
  add({collection::like, "likes", of_subject, subject_id, creator_id, {}});
  add({collection::repost, "reposts", of_subject, subject_id, creator_id, {}});
  add({collection::follow, "follows", of_pair, subject_id, creator_id,
       past_pair{"7 /* follow */", "creator_id", "subject_id"}});
  add({collection::block, "blocks", of_pair, subject_id, creator_id, {}});
  add({collection::list_item,
       "list_items",
       {creator_id, list_id, subject_id, created_at, commit_time, rkey, cid, record, place},
       list_id,
       subject_id,
       past_pair{"10 /* list_item */", "list_id", "subject_id"}});
  add({collection::list_block,
       "list_blocks",
       {creator_id, list_id, created_at, commit_time, rkey, cid, record, place},
       list_id,
       creator_id,
       {}});
  add({collection::reference_list_opt_out,
       "reference_list_opt_outs",
       {creator_id, list_id, created_at, commit_time, rkey, cid, record, place},
       list_id,
       creator_id,
       {}});
  add({collection::verification,
       "verifications",
       {creator_id, subject_id, created_at, commit_time, rkey, handle, display_name, cid, record,
        place},
       subject_id,
       creator_id,
       {}});
  return out;
}

// Made at the start of the program, so that the statements are registered.
const std::vector<relation_table> tables = make_tables();

} // namespace

const std::vector<relation_table>& relation_tables() noexcept {
  return tables;
}

} // namespace prism::db
