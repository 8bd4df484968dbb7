-- Versions of records that are gone, kept for a while: events of different repos may arrive in any order,
-- and what arrives late is judged by what held at its own time (docs/ORDER.md). Each held from its
-- commit_time until `until`, the time of the event that ended it. A batch writes them; a sweep by
-- recorded_at takes them away again.

CREATE TABLE past_posts (
  id bigint NOT NULL,
  commit_time timestamptz NOT NULL,
  until timestamptz NOT NULL,
  creator_id bigint NOT NULL,
  reply_root_id bigint,
  reply_parent_id bigint,
  invalid_reply_root boolean NOT NULL,
  facets jsonb,                     -- whom a thread's first post mentions may answer
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, commit_time)
);
-- A verdict on a past reply that changes with its thread's late posts, or with its parent's.
CREATE INDEX past_posts_reply_root ON past_posts (reply_root_id, commit_time) WHERE reply_root_id IS NOT NULL;
CREATE INDEX past_posts_reply_parent ON past_posts (reply_parent_id, commit_time) WHERE reply_parent_id IS NOT NULL;
CREATE INDEX past_posts_recorded_at ON past_posts USING brin (recorded_at);

CREATE TABLE past_thread_gates (
  id bigint NOT NULL,
  commit_time timestamptz NOT NULL,
  until timestamptz NOT NULL,
  creator_id bigint NOT NULL,
  allows smallint,
  allow_lists bigint[],
  hidden_replies bigint[],
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, commit_time)
);
CREATE INDEX past_thread_gates_recorded_at ON past_thread_gates USING brin (recorded_at);

CREATE TABLE past_post_gates (
  id bigint NOT NULL,
  commit_time timestamptz NOT NULL,
  until timestamptz NOT NULL,
  creator_id bigint NOT NULL,
  embedding_disabled boolean NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, commit_time)
);
CREATE INDEX past_post_gates_recorded_at ON past_post_gates USING brin (recorded_at);

-- Follows (first follows second) and list items (second is on the list first), told apart by collection.
CREATE TABLE past_pairs (
  first_id bigint NOT NULL,
  second_id bigint NOT NULL,
  collection smallint NOT NULL,
  commit_time timestamptz NOT NULL,
  until timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (first_id, second_id, collection, commit_time)
);
CREATE INDEX past_pairs_recorded_at ON past_pairs USING brin (recorded_at);

-- Every version, the one that lives and those that did.
CREATE VIEW post_versions AS
  SELECT id, commit_time, 'infinity'::timestamptz AS until, creator_id, reply_root_id, reply_parent_id,
    coalesce(invalid_reply_root, false) AS invalid_reply_root, facets FROM posts
  UNION ALL
  SELECT id, commit_time, until, creator_id, reply_root_id, reply_parent_id, invalid_reply_root, facets
    FROM past_posts;
CREATE VIEW thread_gate_versions AS
  SELECT id, commit_time, 'infinity'::timestamptz AS until, creator_id, allows, allow_lists, hidden_replies
    FROM thread_gates
  UNION ALL
  SELECT id, commit_time, until, creator_id, allows, allow_lists, hidden_replies FROM past_thread_gates;
CREATE VIEW post_gate_versions AS
  SELECT id, commit_time, 'infinity'::timestamptz AS until, creator_id, embedding_disabled FROM post_gates
  UNION ALL
  SELECT id, commit_time, until, creator_id, embedding_disabled FROM past_post_gates;

-- Replies to a post, in a thread view and where a late post changes what its replies are.
CREATE INDEX posts_reply_parent ON posts (reply_parent_id, commit_time) WHERE reply_parent_id IS NOT NULL;
-- Quotes of a post, in a list of them and where a late gate changes whether they may embed it.
CREATE INDEX posts_quoted ON posts (quoted_id, commit_time) WHERE quoted_id IS NOT NULL;
-- A deleted account is told nothing.
CREATE INDEX users_deleted ON users (id) WHERE status = 'deleted';
