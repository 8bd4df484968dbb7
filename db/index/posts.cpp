#include "db/index/posts.hpp"

#include "db/index/ids.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>

namespace prism::db {

namespace {

const statement existing_posts{"existing_posts",
                               R"sql(SELECT id FROM posts WHERE id = ANY($1))sql"};

const statement make_aggregates{"make_aggregates", R"sql(
  INSERT INTO post_aggregates(post_id)
  SELECT id
  FROM unnest($1::int8[]) AS i(id)
  WHERE NOT EXISTS (SELECT FROM post_aggregates a WHERE a.post_id = i.id)
  ORDER BY id
  ON CONFLICT DO NOTHING
)sql"};

const statement lock_aggregates{"lock_aggregates", R"sql(
  SELECT post_id
  FROM post_aggregates
  WHERE post_id = ANY($1)
  ORDER BY post_id
  FOR UPDATE
)sql"};

// Out of order, the wait for a lock must be shorter than deadlock_timeout.
const statement short_lock_timeout{"short_lock_timeout", R"sql(
  SELECT set_config('prism.lock_timeout', current_setting('lock_timeout'), true),
    set_config('lock_timeout', '50ms', true)
)sql"};

const statement wait_as_before{"wait_as_before", R"sql(
  SELECT set_config('lock_timeout', current_setting('prism.lock_timeout'), true)
)sql"};

const statement referents_of_posts{"referents_of_posts", R"sql(
  SELECT x.id
  FROM posts p, LATERAL (VALUES (p.reply_parent_id), (p.quoted_id)) AS x(id)
  WHERE p.id = ANY($1) AND x.id IS NOT NULL
)sql"};

const statement remove_posts{"remove_posts", R"sql(
  WITH gone AS (
    DELETE FROM posts p USING unnest($1::int8[], $2::int8[], $3::int8[]) AS d(id, until, before)
    WHERE p.id = d.id AND p.place < d.before
    RETURNING p.id, p.creator_id, p.created_at, p.commit_time, p.place, p.reply_root_id,
      p.reply_parent_id, p.quoted_id, p.violates_thread_gate, p.invalid_reply_root, p.facets, d.until
  ),
  kept AS (
    INSERT INTO past_posts(
      id, place, until, creator_id, reply_root_id, reply_parent_id, invalid_reply_root, facets
    )
    SELECT id, place, until, creator_id, reply_root_id, reply_parent_id,
      coalesce(invalid_reply_root, false), facets
    FROM gone
    ON CONFLICT DO NOTHING
  )
  SELECT id, creator_id, created_at, commit_time, reply_root_id,
    (SELECT nullif(u.repo_id, 0) FROM uris u WHERE u.id = reply_root_id), reply_parent_id,
    quoted_id, coalesce(violates_thread_gate, false)
  FROM gone
)sql"};

const statement insert_posts{"insert_posts", R"sql(
  INSERT INTO posts(
    id, creator_id, created_at, commit_time, commit_seq, reply_root_id, reply_parent_id,
    quoted_id, cid, reply_root_cid, reply_parent_cid, text, langs, tags, facets, embed, labels,
    extra, record, created_text, place
  )
  SELECT id, creator_id, created_at, commit_time, commit_seq, reply_root_id, reply_parent_id,
    quoted_id, cid, reply_root_cid, reply_parent_cid, text, langs::text[], tags::text[],
    facets::jsonb, embed::jsonb, labels::jsonb, extra::jsonb, record, created_text, place
  FROM unnest(
    $1::int8[], $2::int8[], $3::timestamptz[], $4::timestamptz[], $5::int8[], $6::int8[],
    $7::int8[], $8::int8[], $9::bytea[], $10::bytea[], $11::bytea[], $12::text[], $13::text[],
    $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::bytea[], $20::text[],
    $21::int8[]
  ) AS n(
    id, creator_id, created_at, commit_time, commit_seq, reply_root_id, reply_parent_id,
    quoted_id, cid, reply_root_cid, reply_parent_cid, text, langs, tags, facets, embed, labels,
    extra, record, created_text, place
  )
  ON CONFLICT (id) DO NOTHING
  RETURNING id
)sql"};

const statement posts_of{"posts_of", R"sql(
  SELECT p.id, u.rkey
  FROM posts p
  JOIN uris u ON u.id = p.id
  WHERE p.creator_id = $1 AND p.place <= $2
  ORDER BY p.place, p.id
  LIMIT $3
)sql"};

/// Reads one member of a post's columns.
template <class Member>
[[nodiscard]] auto column_of(Member post_row::*member) {
  return [member](const post& each) -> const Member& { return each.columns.*member; };
}

} // namespace

void queue_select_existing_posts(pipeline& out, const std::vector<std::int64_t>& ids) {
  out.add(existing_posts, ids_param(ids));
}

void queue_lock_known_posts(pipeline& out, const std::vector<std::int64_t>& sorted_ids) {
  out.add(lock_aggregates, ids_param(sorted_ids));
}

void queue_lock_posts(pipeline& out, const std::vector<std::int64_t>& sorted_ids) {
  out.add(make_aggregates, ids_param(sorted_ids));
  queue_lock_known_posts(out, sorted_ids);
}

void queue_lock_posts_late(pipeline& out, const std::vector<std::int64_t>& sorted_ids) {
  out.add(short_lock_timeout);
  queue_lock_posts(out, sorted_ids);
  out.add(wait_as_before);
}

void queue_select_post_referents(pipeline& out, const std::vector<std::int64_t>& ids) {
  out.add(referents_of_posts, ids_param(ids));
}

void queue_delete_posts(pipeline& out, const std::vector<post_removal>& posts) {
  params p;
  p.int8_array(posts, &post_removal::id)
      .int8_array(posts, &post_removal::place)
      .int8_array(posts, &post_removal::before);
  out.add(remove_posts, std::move(p));
}

std::vector<removed_post> read_removed_posts(const result& rows) {
  return read_rows<removed_post>(rows, [](removed_post& out, row_reader& row) {
    row >> out.id >> out.creator_id >> timestamp(out.created_at) >> timestamp(out.commit_time) >>
        out.reply_root_id >> out.reply_root_owner >> out.reply_parent_id >> out.quoted_id >>
        out.violates_thread_gate;
  });
}

void queue_insert_posts(pipeline& out, const std::vector<post>& posts) {
  params p;
  p.int8_array(posts, &post::id)
      .int8_array(posts, &post::creator_id)
      .timestamptz_array(posts, &post::created_at)
      .timestamptz_array(posts, &post::commit_time)
      .int8_array(posts, &post::commit_seq)
      .int8_array(posts, &post::reply_root_id)
      .int8_array(posts, &post::reply_parent_id)
      .int8_array(posts, &post::quoted_id)
      .bytea_array(posts, &post::cid)
      .bytea_array(posts, column_of(&post_row::reply_root_cid))
      .bytea_array(posts, column_of(&post_row::reply_parent_cid))
      .text_array(posts, column_of(&post_row::text))
      .text_array(posts, column_of(&post_row::langs))
      .text_array(posts, column_of(&post_row::tags))
      .text_array(posts, column_of(&post_row::facets))
      .text_array(posts, column_of(&post_row::embed))
      .text_array(posts, column_of(&post_row::labels))
      .text_array(posts, column_of(&post_row::extra))
      .bytea_array(posts, &post::record)
      .text_array(posts, &post::created_text)
      .int8_array(posts, &post::place);
  out.add(insert_posts, std::move(p));
}

void post_added(effects& out, const post& row) {
  out.count_user(row.creator_id, {.posts = 1});
  out.add_feed_item(
      {row.creator_id, std::min(row.created_at, row.commit_time), row.id, std::nullopt});
  if (row.reply_parent_id)
    out.count_post(*row.reply_parent_id, {.replies = 1});
  if (row.quoted_id)
    out.count_post(*row.quoted_id, {.quotes = 1});
}

void post_removed(effects& out, const removed_post& row, const std::string& rkey) {
  out.count_user(row.creator_id, {.posts = -1});
  out.remove_feed_item(
      {row.creator_id, std::min(row.created_at, row.commit_time), row.id, std::nullopt});
  if (row.reply_parent_id && !row.violates_thread_gate)
    out.count_post(*row.reply_parent_id, {.replies = -1});
  if (row.quoted_id)
    out.count_post(*row.quoted_id, {.quotes = -1});
  using reason = notification_reason;
  for (const auto why : {reason::mention, reason::quote, reason::reply})
    out.retract_all(row.creator_id, rkey, why);
}

void queue_select_posts_of_creator(pipeline& out, std::int64_t creator_id, stream_place until,
                                   std::int64_t limit) {
  params p;
  p.int8(creator_id).int8(until).int8(limit);
  out.add(posts_of, std::move(p));
}

} // namespace prism::db
