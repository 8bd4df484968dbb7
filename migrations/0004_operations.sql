-- Work that waits, work that failed, and short-lived state.

-- Operations whose referent is not indexed yet.
CREATE TABLE pending_ops (
  referent_id bigint NOT NULL,      -- uris.id of the missing post or list
  other_id bigint,                  -- the op's second reference: uris.id of a via repost, users.id of a list member
  creator_id bigint NOT NULL,
  collection smallint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  commit_time timestamptz NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL,
  cid bytea NOT NULL,
  subject_cid bytea,                -- these four as in the table that the operation is for
  via_cid bytea,
  created_text text,
  record bytea,
  PRIMARY KEY (creator_id, collection, rkey)
);
-- Release by referent.
CREATE INDEX pending_ops_referent ON pending_ops (referent_id);
-- Sweep of what waited too long.
CREATE INDEX pending_ops_parked_at ON pending_ops (parked_at);

CREATE TABLE dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service text NOT NULL,
  seq bigint NOT NULL,
  did text NOT NULL,
  path text NOT NULL,               -- collection/rkey; empty: the whole frame
  reason text NOT NULL,
  sqlstate text NOT NULL,
  bytes bytea NOT NULL,             -- the record's block, or the frame
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
  id text PRIMARY KEY,
  user_id bigint NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE oauth_states (
  state text PRIMARY KEY,
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_states_expires_at ON oauth_states (expires_at);
