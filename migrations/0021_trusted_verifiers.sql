-- The accounts whose verifications of others the data plane shows. Rows are the operator's: psql inserts and deletes them.
CREATE TABLE trusted_verifiers (
  did text COLLATE "C" PRIMARY KEY
);
