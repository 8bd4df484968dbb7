-- Keeps what happens to the rows that decide who may write, by the database itself: no prismd knows of
-- it. An id of one shard's rows is taken while the cursor's row is locked, so their order is that of the
-- transactions.
CREATE SCHEMA history;

CREATE TABLE history.cursors (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  shard int NOT NULL,
  old_seq bigint, new_seq bigint,       -- null: the row did not exist, or does not any more
  old_token bigint, new_token bigint,
  who text NOT NULL DEFAULT current_setting('application_name'),
  session int NOT NULL DEFAULT pg_backend_pid()
);
CREATE TABLE history.leases (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  who text NOT NULL DEFAULT current_setting('application_name')
);
CREATE TABLE history.placements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  shard int NOT NULL,
  node text,
  token bigint NOT NULL,
  who text NOT NULL DEFAULT current_setting('application_name')
);
CREATE TABLE history.deaths (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  node text NOT NULL,
  name text NOT NULL,
  reason text,
  who text NOT NULL DEFAULT current_setting('application_name')
);

CREATE FUNCTION history.of_cursor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO history.cursors (shard, old_seq, new_seq, old_token, new_token)
  VALUES (coalesce(new.shard, old.shard), old.seq, new.seq, old.epoch, new.epoch);
  RETURN NULL;
END $$;
CREATE FUNCTION history.of_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.name LIKE 'writer %' THEN
    INSERT INTO history.leases (holder, epoch, expires_at) VALUES (new.holder, new.epoch, new.expires_at);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION history.of_placement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO history.placements (shard, node, token) VALUES (new.shard, new.node::text, new.token);
  RETURN NULL;
END $$;
CREATE FUNCTION history.of_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF old.dead_at IS NULL AND new.dead_at IS NOT NULL THEN
    INSERT INTO history.deaths (node, name, reason) VALUES (new.node::text, new.name, new.dead_reason);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON firehose_cursor
  FOR EACH ROW EXECUTE FUNCTION history.of_cursor();
CREATE TRIGGER history AFTER INSERT OR UPDATE ON leases FOR EACH ROW EXECUTE FUNCTION history.of_lease();
CREATE TRIGGER history AFTER INSERT OR UPDATE ON shard_placement
  FOR EACH ROW EXECUTE FUNCTION history.of_placement();
CREATE TRIGGER history AFTER UPDATE ON cluster_members FOR EACH ROW EXECUTE FUNCTION history.of_member();

-- What was there before.
INSERT INTO history.cursors (shard, new_seq, new_token) SELECT shard, seq, epoch FROM firehose_cursor;
INSERT INTO history.leases (holder, epoch, expires_at)
  SELECT holder, epoch, expires_at FROM leases WHERE name LIKE 'writer %';
INSERT INTO history.placements (shard, node, token) SELECT shard, node::text, token FROM shard_placement;
