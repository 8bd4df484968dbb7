-- What is computed from the records: counts, feeds, notifications.

-- Row lock on this row = right to change whether the post lives and what hangs on it.
CREATE TABLE post_aggregates (
  post_id bigint PRIMARY KEY,       -- uris.id; also of uris that are not posts, or not indexed yet
  like_count integer NOT NULL DEFAULT 0,
  repost_count integer NOT NULL DEFAULT 0,
  reply_count integer NOT NULL DEFAULT 0,
  quote_count integer NOT NULL DEFAULT 0
) WITH (fillfactor = 90);

CREATE TABLE user_aggregates (
  user_id bigint PRIMARY KEY,
  followers_count integer NOT NULL DEFAULT 0,
  follows_count integer NOT NULL DEFAULT 0,
  posts_count integer NOT NULL DEFAULT 0
) WITH (fillfactor = 90);

CREATE TABLE list_aggregates (
  list_id bigint PRIMARY KEY,
  member_count integer NOT NULL DEFAULT 0
) WITH (fillfactor = 90);

CREATE TABLE feed_items (
  originator_id bigint NOT NULL,
  sort_at timestamptz NOT NULL,
  post_id bigint NOT NULL,
  repost_rkey text COLLATE "C"      -- null: the post itself
);

CREATE TABLE notifications (
  recipient_id bigint NOT NULL,
  author_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  subject_id bigint,                -- uris.id of what was liked, reposted, replied to, quoted
  reason smallint NOT NULL,         -- see db/notification.hpp
  rkey text COLLATE "C" NOT NULL    -- of the record that caused it, in the author's repo
);
-- Taking back what a post, profile or verification caused, whoever was told; the recipient of all others
-- follows from their subject, and 0005 has the index for it. (Reasons: db/notification.hpp.)
CREATE INDEX notifications_author ON notifications (author_id, rkey) WHERE reason IN (4, 5, 6, 9, 10, 11);
