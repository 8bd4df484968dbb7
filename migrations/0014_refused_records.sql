-- The newest refused operation of each record, so that "why is this record not here?" has an answer
-- (docs/OPERATIONS.md). Written by the batch that leaves the operation out; a later version of the
-- record that is indexed, its deletion, and the deletion of the account take the row away. At most
-- 50 rows of one repo are kept by each batch, and 200,000 in all by the janitor
-- (db/index/refused_records.hpp).
CREATE TABLE refused_records (
  user_id bigint NOT NULL,          -- users.id of the repo
  collection smallint NOT NULL,     -- 0: the repo's newest event that was refused as a whole; rkey is empty
  rkey text COLLATE "C" NOT NULL,   -- printable, if the record key is invalid
  cid bytea,                        -- null: the operation has none
  reason text NOT NULL,             -- a short stable word, as in the metric
  message text NOT NULL,            -- at most 500 bytes, printable
  place bigint NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, collection, rkey)
);
-- The janitor: which rows are not among the newest.
CREATE INDEX refused_records_place ON refused_records (place);

-- Why the last try of a look-up failed; printable, at most 1,200 bytes.
ALTER TABLE identity_tasks ADD COLUMN last_error text;

-- What of an account was put aside. A hash has no limit of size, so no DID can keep a row out.
CREATE INDEX dead_letters_did ON dead_letters USING hash (did);
