-- One order decides everything: the place in the stream (docs/ORDER.md). An event's time is written by a
-- stranger; from here on it is only shown.
--
-- place = (streams.base + seq) * 256 + number of the operation in its commit. Rows from before this
-- migration have place 0: before everything that comes, and present for each other.

-- What is added to a service's seq. The base of a stream that begins, or begins anew, puts it behind
-- everything that came before it from any service.
CREATE TABLE streams (
  service text PRIMARY KEY,
  base bigint NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO streams(service, base) SELECT DISTINCT service, 0 FROM firehose_cursor;

-- A constant default is not written into the existing rows, so these are instant on any size.
ALTER TABLE posts ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE likes ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE reposts ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE follows ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE blocks ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE list_items ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE list_blocks ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE verifications ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE lists ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE feed_generators ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE starter_packs ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE thread_gates ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE post_gates ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE profiles ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE labelers ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE statuses ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE declarations ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE pending_ops ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN place bigint NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN place bigint NOT NULL DEFAULT 0;

-- The newest #account and #identity event of each account.
ALTER TABLE users ADD COLUMN status_place bigint, ADD COLUMN identity_place bigint;
UPDATE users SET status_place = 0 WHERE status_time IS NOT NULL;
ALTER TABLE users DROP COLUMN status_time, DROP COLUMN identity_time;
ALTER TABLE identity_tasks ADD COLUMN place bigint NOT NULL DEFAULT 0;

-- History matters to events that arrive late. What ended before this migration ended before every place
-- to come, so it is not kept.
DROP VIEW post_versions, thread_gate_versions, post_gate_versions;
TRUNCATE past_posts, past_thread_gates, past_post_gates, past_pairs;
ALTER TABLE past_posts DROP COLUMN commit_time, DROP COLUMN until,
  ADD COLUMN place bigint NOT NULL, ADD COLUMN until bigint NOT NULL, ADD PRIMARY KEY (id, place);
ALTER TABLE past_thread_gates DROP COLUMN commit_time, DROP COLUMN until,
  ADD COLUMN place bigint NOT NULL, ADD COLUMN until bigint NOT NULL, ADD PRIMARY KEY (id, place);
ALTER TABLE past_post_gates DROP COLUMN commit_time, DROP COLUMN until,
  ADD COLUMN place bigint NOT NULL, ADD COLUMN until bigint NOT NULL, ADD PRIMARY KEY (id, place);
ALTER TABLE past_pairs DROP COLUMN commit_time, DROP COLUMN until,
  ADD COLUMN place bigint NOT NULL, ADD COLUMN until bigint NOT NULL,
  ADD PRIMARY KEY (first_id, second_id, collection, place);
CREATE INDEX past_posts_reply_root ON past_posts (reply_root_id, place) WHERE reply_root_id IS NOT NULL;
CREATE INDEX past_posts_reply_parent ON past_posts (reply_parent_id, place) WHERE reply_parent_id IS NOT NULL;

-- Every version, those that live and those that did: valid from place until before `until`.
CREATE VIEW post_versions AS
  SELECT id, place, 9223372036854775807 AS until, creator_id, reply_root_id, reply_parent_id,
    coalesce(invalid_reply_root, false) AS invalid_reply_root, facets FROM posts
  UNION ALL
  SELECT id, place, until, creator_id, reply_root_id, reply_parent_id, invalid_reply_root, facets
    FROM past_posts;
CREATE VIEW thread_gate_versions AS
  SELECT id, place, 9223372036854775807 AS until, creator_id, allows, allow_lists, hidden_replies
    FROM thread_gates
  UNION ALL
  SELECT id, place, until, creator_id, allows, allow_lists, hidden_replies FROM past_thread_gates;
CREATE VIEW post_gate_versions AS
  SELECT id, place, 9223372036854775807 AS until, creator_id, embedding_disabled FROM post_gates
  UNION ALL
  SELECT id, place, until, creator_id, embedding_disabled FROM past_post_gates;
