-- The deletions of each account, the newest 16: one that comes again, by its account and time, is the same one, and
-- deletes nothing that was written behind the first. A stranger writes the time, so only whether it is the same counts.
CREATE TABLE account_deletions (
  user_id bigint NOT NULL,
  place bigint NOT NULL,            -- where the event first came
  event_time timestamptz NOT NULL,
  PRIMARY KEY (user_id, place)
);
