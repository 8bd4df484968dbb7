-- Who exists, how far each shard has come, and who may write.

-- One row per DID ever seen; every other table holds the id. Never deleted: an id outlives its account.
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  did text COLLATE "C" NOT NULL UNIQUE,
  handle text COLLATE "C",          -- verified in both directions; null: none, or not verified yet
  indexed_at timestamptz,           -- event time of the last identity look-up; null: only ever referenced
  status text,                      -- hosting status when not active: deactivated, suspended, takendown, deleted ...
  status_time timestamptz,          -- time of the #account event that set it
  identity_time timestamptz         -- time of the last #identity event
);

-- The newest commit of each repo: what an older or repeated revision is measured against.
CREATE TABLE repos (
  user_id bigint PRIMARY KEY,
  rev text COLLATE "C" NOT NULL,
  commit_cid bytea NOT NULL,
  commit_time timestamptz NOT NULL
) WITH (fillfactor = 90);

-- Every at-uri that is indexed or referred to by another record. collection and rkey are those of the uri;
-- collection 0 keeps "collection/rkey" in rkey, and repo 0 keeps the whole text of a uri without a DID.
CREATE TABLE uris (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  repo_id bigint NOT NULL,
  collection smallint NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  UNIQUE (repo_id, collection, rkey)
);

-- Durable progress of each shard, written in the same transaction as its rows and guarded by epoch.
CREATE TABLE firehose_cursor (
  service text NOT NULL,
  shard integer NOT NULL,
  seq bigint NOT NULL,
  epoch bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (service, shard)
) WITH (fillfactor = 50);

-- A lease is the right to a role; its epoch grows with every holder.
CREATE TABLE leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
