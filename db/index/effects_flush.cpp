#include "db/index/effects.hpp"

/// The statements that apply the gathered effects.
namespace prism::db {

namespace {

const statement count_posts{"count_posts", R"sql(
  INSERT INTO post_aggregates AS a(post_id, like_count, repost_count, reply_count, quote_count)
  SELECT *
  FROM unnest($1::int8[], $2::int4[], $3::int4[], $4::int4[], $5::int4[]) AS d(id, l, r, p, q)
  ORDER BY id
  ON CONFLICT (post_id) DO UPDATE
  SET like_count = a.like_count + excluded.like_count,
    repost_count = a.repost_count + excluded.repost_count,
    reply_count = a.reply_count + excluded.reply_count,
    quote_count = a.quote_count + excluded.quote_count
)sql"};

const statement count_users{"count_users", R"sql(
  INSERT INTO user_aggregates AS a(user_id, followers_count, follows_count, posts_count)
  SELECT *
  FROM unnest($1::int8[], $2::int4[], $3::int4[], $4::int4[]) AS d(id, f, g, p)
  ORDER BY id
  ON CONFLICT (user_id) DO UPDATE
  SET followers_count = a.followers_count + excluded.followers_count,
    follows_count = a.follows_count + excluded.follows_count,
    posts_count = a.posts_count + excluded.posts_count
)sql"};

const statement count_members{"count_members", R"sql(
  INSERT INTO list_aggregates AS a(list_id, member_count)
  SELECT *
  FROM unnest($1::int8[], $2::int4[]) AS d(id, n)
  ORDER BY id
  ON CONFLICT (list_id) DO UPDATE
  SET member_count = a.member_count + excluded.member_count
)sql"};

// Index: feed_items_originator_sort_at.
const statement remove_feed_items{"remove_feed_items", R"sql(
  DELETE FROM feed_items t USING unnest($1::int8[], $2::timestamptz[], $3::int8[], $4::text[]) AS d(
    originator_id, sort_at, post_id, repost_rkey
  )
  WHERE t.originator_id = d.originator_id AND t.sort_at = d.sort_at AND t.post_id = d.post_id
    AND t.repost_rkey IS NOT DISTINCT FROM d.repost_rkey
)sql"};

const statement insert_feed_items{"insert_feed_items", R"sql(
  INSERT INTO feed_items(originator_id, sort_at, post_id, repost_rkey)
  SELECT *
  FROM unnest($1::int8[], $2::timestamptz[], $3::int8[], $4::text[])
)sql"};

// Index: notifications_author; the condition on the reason must be that of the index.
const statement remove_notifications_of{"remove_notifications_of", R"sql(
  DELETE FROM notifications
  WHERE ctid = ANY(
    ARRAY(
      SELECT t.ctid
      FROM unnest($1::int8[], $2::text[], $3::int2[]) AS d(author_id, rkey, reason)
      CROSS JOIN LATERAL (
        SELECT ctid
        FROM notifications
        WHERE author_id = d.author_id AND rkey = d.rkey AND reason = d.reason
          AND reason IN (
            4 /* mention */, 5 /* reply */, 6 /* quote */, 9 /* starterpack_joined */,
            10 /* verified */, 11 /* unverified */
          )
        OFFSET 0 -- each is looked for in the index, whatever the plan says of the whole
      ) t
    )
  )
)sql"};

// Index: notifications_recipient_created_at.
const statement remove_notifications{"remove_notifications", R"sql(
  DELETE FROM notifications t USING unnest(
    $1::int8[], $2::int8[], $3::int2[], $4::text[], $5::int8[], $6::timestamptz[]
  ) AS d(recipient_id, author_id, reason, rkey, subject_id, created_at)
  LEFT JOIN uris u ON u.id = d.subject_id
  WHERE t.recipient_id = coalesce(d.recipient_id, u.repo_id) AND t.created_at = d.created_at
    AND t.author_id = d.author_id AND t.rkey = d.rkey AND t.reason = d.reason
)sql"};

// Users are not notified of their own actions, nor once their account is deleted; a uri without a
// DID has no owner to notify. Index: users_deleted.
const statement insert_notifications{"insert_notifications", R"sql(
  INSERT INTO notifications(
    recipient_id, author_id, reason, rkey, subject_id, created_at, place
  )
  SELECT coalesce(n.recipient_id, u.repo_id), n.author_id, n.reason, n.rkey, n.subject_id,
    n.created_at, n.place
  FROM unnest(
    $1::int8[], $2::int8[], $3::int2[], $4::text[], $5::int8[], $6::timestamptz[], $7::int8[],
    $8::int8[]
  ) AS n(recipient_id, author_id, reason, rkey, subject_id, created_at, unless_own, place)
  LEFT JOIN uris u ON u.id = n.subject_id
  WHERE coalesce(n.recipient_id, u.repo_id) NOT IN (0, n.author_id)
    AND NOT EXISTS (
      SELECT FROM users d
      WHERE d.id = coalesce(n.recipient_id, u.repo_id) AND d.status = 'deleted'
    )
    AND NOT EXISTS (
      SELECT FROM uris o
      WHERE o.id = n.unless_own AND o.repo_id = n.author_id
    )
)sql"};

[[nodiscard]] params feed_params(const std::vector<effects::feed_item>& items) {
  params p;
  p.int8_array(items, &effects::feed_item::originator_id)
      .timestamptz_array(items, &effects::feed_item::sort_at)
      .int8_array(items, &effects::feed_item::post_id)
      .text_array(items, &effects::feed_item::repost_rkey);
  return p;
}

[[nodiscard]] std::int16_t reason_of(const effects::notification& row) {
  return static_cast<std::int16_t>(row.reason);
}

[[nodiscard]] params notification_params(const std::vector<effects::notification>& rows) {
  using row = effects::notification;
  params p;
  p.int8_array(rows, &row::recipient_id)
      .int8_array(rows, &row::author_id)
      .int2_array(rows, reason_of)
      .text_array(rows, &row::rkey)
      .int8_array(rows, &row::subject_id)
      .timestamptz_array(rows, &row::created_at);
  return p;
}

} // namespace

void effects::flush_users_and_lists(pipeline& out) {
  if (!users_.empty()) {
    const auto delta = [](auto user_delta::*member) {
      return [member](const auto& entry) { return entry.second.*member; };
    };
    params p;
    p.int8_array(users_, [](const auto& entry) { return entry.first; })
        .int4_array(users_, delta(&user_delta::followers))
        .int4_array(users_, delta(&user_delta::follows))
        .int4_array(users_, delta(&user_delta::posts));
    out.add(count_users, std::move(p));
  }
  if (!lists_.empty()) {
    params p;
    p.int8_array(lists_, [](const auto& entry) {
       return entry.first;
     }).int4_array(lists_, [](const auto& entry) { return entry.second; });
    out.add(count_members, std::move(p));
  }
  users_.clear();
  lists_.clear();
}

void effects::flush(pipeline& out) {
  flush_users_and_lists(out);
  if (!ended_op_replies_.empty())
    queue_keep_op_replies(out, ended_op_replies_);
  if (!feed_removed_.empty())
    out.add(remove_feed_items, feed_params(feed_removed_));
  if (!feed_added_.empty())
    out.add(insert_feed_items, feed_params(feed_added_));
  if (!all_retracted_.empty()) {
    params p;
    p.int8_array(all_retracted_, &notification::author_id)
        .text_array(all_retracted_, &notification::rkey)
        .int2_array(all_retracted_, reason_of);
    out.add(remove_notifications_of, std::move(p));
  }
  if (!retracted_.empty())
    out.add(remove_notifications, notification_params(retracted_));
  if (!notified_.empty()) {
    auto p = notification_params(notified_);
    p.int8_array(notified_, &notification::unless_own).int8_array(notified_, &notification::place);
    out.add(insert_notifications, std::move(p));
  }
  if (!posts_.empty()) {
    const auto delta = [](auto post_delta::*member) {
      return [member](const auto& entry) { return entry.second.*member; };
    };
    params p;
    p.int8_array(posts_, [](const auto& entry) { return entry.first; })
        .int4_array(posts_, delta(&post_delta::likes))
        .int4_array(posts_, delta(&post_delta::reposts))
        .int4_array(posts_, delta(&post_delta::replies))
        .int4_array(posts_, delta(&post_delta::quotes));
    out.add(count_posts, std::move(p));
  }
  *this = effects{};
}

} // namespace prism::db
