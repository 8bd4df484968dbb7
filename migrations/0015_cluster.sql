-- Several prismd on one database (docs/CLUSTER.md): who takes part, and who writes which shard. All times are
-- by clock_timestamp(). A cluster is one service (the relay's URL); its lease is the row 'writer SERVICE' of
-- leases, whose holder is now a node.

-- A node is one process; each start makes a new one. Dead ones are kept for a day, at most 200 of a service.
CREATE TABLE cluster_members (
  node uuid PRIMARY KEY,
  service text NOT NULL,
  name text NOT NULL,               -- option node-name
  address text NOT NULL,            -- HOST:PORT of its links; empty: no links
  version text NOT NULL,            -- of prismd
  protocol_min integer NOT NULL,    -- versions of the links that it speaks, both included
  protocol_max integer NOT NULL,
  started_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  draining boolean NOT NULL DEFAULT false,
  view bigint NOT NULL DEFAULT 0,   -- the newest that it said it has seen
  dead_at timestamptz,              -- final
  dead_reason text,                 -- 'replaced', 'expired' or 'left'
  CHECK ((dead_at IS NULL) = (dead_reason IS NULL))
) WITH (fillfactor = 50);

-- Two live members never have one name. Also: the live members of a service.
CREATE UNIQUE INDEX cluster_members_name ON cluster_members (service, name) WHERE dead_at IS NULL;

-- The view grows with every change of placement. Greater than every epoch in the service's firehose_cursor.
CREATE TABLE cluster_state (
  service text PRIMARY KEY,
  view bigint NOT NULL,
  shards integer NOT NULL
) WITH (fillfactor = 50);

-- Who writes a shard. The token is also in firehose_cursor.epoch, written by the same transaction: so the
-- batch that a former owner still has under way fails.
CREATE TABLE shard_placement (
  service text NOT NULL,
  shard integer NOT NULL,
  node uuid,                        -- null: nobody yet
  token bigint NOT NULL,            -- the view at which it was placed
  pinned boolean NOT NULL DEFAULT false, -- an operator chose the node
  PRIMARY KEY (service, shard)
) WITH (fillfactor = 50);

-- Which node works at the task: a node that begins gives back those of nodes that are no live members.
ALTER TABLE identity_tasks ADD COLUMN claimed_by uuid;
