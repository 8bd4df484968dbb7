-- Who has which handle, and who is to be asked about.

-- When the look-up began that gave or took the handle, by the database's clock: of two users whose handle is
-- the same, the later confirmed one has it.
ALTER TABLE users ADD COLUMN handle_time timestamptz;

-- The holder of a handle; nobody shares one.
CREATE UNIQUE INDEX users_handle ON users (handle) WHERE handle IS NOT NULL;

-- What has to be asked of others about a user, written with the events that give rise to it and deleted with
-- the answer: so nothing is forgotten, whatever is killed in between.
CREATE TABLE identity_tasks (
  user_id bigint NOT NULL,
  kind smallint NOT NULL,           -- 0: who is it? 1: is it really deleted? (db/identity.hpp)
  event_time timestamptz NOT NULL,  -- of the event that asked
  forced boolean NOT NULL,          -- an #identity event: nothing that was known before counts
  version integer NOT NULL DEFAULT 0, -- grows with every event that asks again
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(), -- not before; while somebody is at it: when it is given up
  claimed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (user_id, kind)
) WITH (fillfactor = 50);

-- The next ones to be asked about.
CREATE INDEX identity_tasks_due ON identity_tasks (due_at);
