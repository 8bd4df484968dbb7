-- What the tables hold, by the names of prism-synth's totals, and sums of the counters beside the
-- rows that they count. A line `name number` each.
SELECT 'post', count(*) FROM posts;
SELECT 'like', count(*) FROM likes WHERE NOT duplicate;
SELECT 'repost', count(*) FROM reposts WHERE NOT duplicate;
SELECT 'follow', count(*) FROM follows WHERE NOT duplicate;
SELECT 'actor_block', count(*) FROM blocks WHERE NOT duplicate;
SELECT 'list', count(*) FROM lists;
SELECT 'list_item', count(*) FROM list_items WHERE NOT duplicate;
SELECT 'list_block', count(*) FROM list_blocks WHERE NOT duplicate;
SELECT 'profile', count(*) FROM profiles;
SELECT 'thread_gate', count(*) FROM thread_gates;
SELECT 'post_gate', count(*) FROM post_gates;
SELECT 'feed_item', count(*) FROM feed_items;
SELECT 'quote', count(*) FROM posts WHERE quoted_id IS NOT NULL;
SELECT 'notification', count(*) FROM notifications;
SELECT 'actor_sync', count(*) FROM repos;
SELECT 'duplicate_record',
  (SELECT count(*) FROM likes WHERE duplicate) + (SELECT count(*) FROM reposts WHERE duplicate) +
  (SELECT count(*) FROM follows WHERE duplicate) + (SELECT count(*) FROM blocks WHERE duplicate) +
  (SELECT count(*) FROM list_items WHERE duplicate) + (SELECT count(*) FROM list_blocks WHERE duplicate);
SELECT 'waiting', count(*) FROM pending_ops;
SELECT 'sum of like_count', coalesce(sum(like_count), 0) FROM post_aggregates;
SELECT 'sum of repost_count', coalesce(sum(repost_count), 0) FROM post_aggregates;
SELECT 'sum of follows_count', coalesce(sum(follows_count), 0) FROM user_aggregates;
SELECT 'sum of followers_count', coalesce(sum(followers_count), 0) FROM user_aggregates;
SELECT 'sum of posts_count', coalesce(sum(posts_count), 0) FROM user_aggregates;
SELECT 'sum of member_count', coalesce(sum(member_count), 0) FROM list_aggregates;
SELECT 'dead letter', count(*) FROM dead_letters;
