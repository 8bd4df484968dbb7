-- The records themselves. Common columns: cid of the record; created_at as the record claims it, normalised;
-- commit_time of the event that brought it (the official AppView's indexedAt); created_text is createdAt as
-- it was written, where that is not the text of created_at in UTC with milliseconds; record holds the
-- block's bytes where the other columns cannot rebuild them exactly.

CREATE TABLE posts (
  id bigint PRIMARY KEY,            -- uris.id
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  commit_seq bigint,
  reply_root_id bigint,
  reply_parent_id bigint,
  quoted_id bigint,                 -- the post it embeds
  invalid_reply_root boolean,
  violates_thread_gate boolean,
  violates_embedding_rules boolean,
  cid bytea NOT NULL,
  reply_root_cid bytea,
  reply_parent_cid bytea,
  text text NOT NULL,
  langs text[],
  tags text[],
  facets jsonb,
  embed jsonb,
  labels jsonb,
  created_text text,
  extra jsonb,                      -- every field that has no column
  record bytea
);
-- A gate that arrives after the replies it governs: replies of one thread after a moment.
CREATE INDEX posts_reply_root ON posts (reply_root_id, commit_time) WHERE reply_root_id IS NOT NULL;
-- A follow or list item that arrives after the gated replies it allows; purge of an account.
CREATE INDEX posts_creator ON posts (creator_id, commit_time);

CREATE TABLE likes (
  creator_id bigint NOT NULL,
  subject_id bigint NOT NULL,       -- uris.id
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  via_id bigint,                    -- uris.id of the repost it was found by
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,       -- a later like of the same subject by the same user: kept, not counted
  cid bytea NOT NULL,
  subject_cid bytea NOT NULL,
  via_cid bytea,
  created_text text,
  record bytea,
  PRIMARY KEY (creator_id, rkey)
);
-- One counted like per user and subject; likes of a post. And, for each such table, the next in line when
-- the counted one is deleted.
CREATE UNIQUE INDEX likes_subject ON likes (subject_id, creator_id) WHERE NOT duplicate;
CREATE INDEX likes_duplicates ON likes (subject_id, creator_id) WHERE duplicate;

CREATE TABLE reposts (LIKE likes INCLUDING DEFAULTS);
ALTER TABLE reposts ADD PRIMARY KEY (creator_id, rkey);
CREATE UNIQUE INDEX reposts_subject ON reposts (subject_id, creator_id) WHERE NOT duplicate;
CREATE INDEX reposts_duplicates ON reposts (subject_id, creator_id) WHERE duplicate;

CREATE TABLE follows (
  creator_id bigint NOT NULL,
  subject_id bigint NOT NULL,       -- users.id
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,
  cid bytea NOT NULL,
  created_text text,
  record bytea,
  PRIMARY KEY (creator_id, rkey)
);
-- One counted follow per pair; followers of a user.
CREATE UNIQUE INDEX follows_subject ON follows (subject_id, creator_id) WHERE NOT duplicate;
CREATE INDEX follows_duplicates ON follows (subject_id, creator_id) WHERE duplicate;

CREATE TABLE blocks (LIKE follows INCLUDING DEFAULTS);
ALTER TABLE blocks ADD PRIMARY KEY (creator_id, rkey);
CREATE UNIQUE INDEX blocks_subject ON blocks (subject_id, creator_id) WHERE NOT duplicate;
CREATE INDEX blocks_duplicates ON blocks (subject_id, creator_id) WHERE duplicate;

CREATE TABLE list_items (
  creator_id bigint NOT NULL,
  list_id bigint NOT NULL,          -- uris.id
  subject_id bigint NOT NULL,       -- users.id
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
-- One counted membership; members of a list; "is on this list" for thread gates.
CREATE UNIQUE INDEX list_items_member ON list_items (list_id, subject_id) WHERE NOT duplicate;
CREATE INDEX list_items_duplicates ON list_items (list_id, subject_id) WHERE duplicate;

CREATE TABLE list_blocks (
  creator_id bigint NOT NULL,
  list_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
CREATE UNIQUE INDEX list_blocks_list ON list_blocks (list_id, creator_id) WHERE NOT duplicate;
CREATE INDEX list_blocks_duplicates ON list_blocks (list_id, creator_id) WHERE duplicate;

CREATE TABLE verifications (
  creator_id bigint NOT NULL,
  subject_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,
  handle text NOT NULL,
  display_name text NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
CREATE UNIQUE INDEX verifications_subject ON verifications (subject_id, creator_id) WHERE NOT duplicate;
CREATE INDEX verifications_duplicates ON verifications (subject_id, creator_id) WHERE duplicate;

-- Records that others refer to by uri: id is uris.id.
CREATE TABLE lists (
  id bigint PRIMARY KEY,
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  name text NOT NULL,
  purpose text NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL
);
CREATE TABLE feed_generators (
  id bigint PRIMARY KEY,
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  feed_did text NOT NULL,
  display_name text NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL
);
CREATE TABLE starter_packs (
  id bigint PRIMARY KEY,
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  name text NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL
);
-- What a user has made of each kind; purge of an account.
CREATE INDEX lists_creator ON lists (creator_id);
CREATE INDEX feed_generators_creator ON feed_generators (creator_id);
CREATE INDEX starter_packs_creator ON starter_packs (creator_id);

-- Gates share the rkey and the repo of the post they govern: id is that post's uris.id.
CREATE TABLE thread_gates (
  id bigint PRIMARY KEY,
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  allows smallint,                  -- null: anyone may reply; else bits 1 mentioned, 2 followers, 4 followed
  allow_lists bigint[],             -- uris.id of the lists whose members may reply
  hidden_replies bigint[],          -- uris.id of replies hidden by the author
  cid bytea NOT NULL,
  record bytea NOT NULL
);
CREATE TABLE post_gates (
  id bigint PRIMARY KEY,
  creator_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  embedding_disabled boolean NOT NULL,
  detached bigint[],                -- uris.id of quoting posts detached by the author
  cid bytea NOT NULL,
  record bytea NOT NULL
);
-- Gates of one author (a follow or list item changes their verdicts); purge of an account.
CREATE INDEX thread_gates_creator ON thread_gates (creator_id);
CREATE INDEX post_gates_creator ON post_gates (creator_id);

-- Records of a fixed rkey: one per user unless somebody breaks the rule, which is kept but not read.
CREATE TABLE profiles (
  creator_id bigint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  created_at timestamptz,
  commit_time timestamptz NOT NULL,
  display_name text,
  description text,
  joined_via_id bigint,             -- uris.id of a starter pack
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
CREATE TABLE labelers (
  creator_id bigint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
CREATE TABLE statuses (
  creator_id bigint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
-- Notification, chat and other declarations, told apart by collection.
CREATE TABLE declarations (
  creator_id bigint NOT NULL,
  collection smallint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  commit_time timestamptz NOT NULL,
  cid bytea NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (creator_id, collection, rkey)
);
