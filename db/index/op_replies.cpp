#include "db/index/op_replies.hpp"

namespace prism::db {

namespace {

// A batch may delete, make and delete a post again; ON CONFLICT may update a row only once.
const statement keep_op_replies{"keep_op_replies", R"sql(
  INSERT INTO deleted_op_replies AS t(creator_id, root_id, post_id, parent_id, place, deleted_at)
  SELECT DISTINCT ON (creator_id, root_id, post_id) *
  FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::timestamptz[]) AS n(
    creator_id, root_id, post_id, parent_id, place, deleted_at
  )
  ORDER BY creator_id, root_id, post_id, place DESC
  ON CONFLICT (creator_id, root_id, post_id) DO UPDATE
  SET parent_id = excluded.parent_id, place = excluded.place, deleted_at = excluded.deleted_at
  WHERE t.place < excluded.place
)sql"};

const statement forget_op_replies{"forget_op_replies", R"sql(
  DELETE FROM deleted_op_replies
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM deleted_op_replies
      WHERE creator_id = $1 AND place <= $2
      LIMIT $3
    )
  )
)sql"};

} // namespace

void queue_keep_op_replies(pipeline& out, const std::vector<ended_op_reply>& ended) {
  using row = ended_op_reply;
  params p;
  p.int8_array(ended, &row::creator_id)
      .int8_array(ended, &row::root_id)
      .int8_array(ended, &row::post_id)
      .int8_array(ended, &row::parent_id)
      .int8_array(ended, &row::place)
      .timestamptz_array(ended, &row::ended_at);
  out.add(keep_op_replies, std::move(p));
}

void queue_forget_op_replies(pipeline& out, std::int64_t creator_id, stream_place until,
                             std::int64_t limit) {
  params p;
  p.int8(creator_id).int8(until).int8(limit);
  out.add(forget_op_replies, std::move(p));
}

} // namespace prism::db
