-- Keys and services in the DID documents of accounts, for GetIdentityByDid (docs/DATAPLANE.md, "Identity").
-- Written by look-ups of identity; deleted with the account. A row whose place is not users.identity_place is
-- of before the account's newest #identity event, and is not used.
CREATE TABLE did_documents (
  user_id bigint PRIMARY KEY,
  place bigint NOT NULL,            -- users.identity_place when the look-up was begun; 0: none
  looked_up_at timestamptz NOT NULL, -- when it was begun, by the database's clock
  found boolean NOT NULL,           -- false: there is no document; then the rest is empty
  handle text NOT NULL,             -- as the document says, not confirmed; at most 253 bytes
  keys text NOT NULL,               -- JSON, about 8 KiB at most (atproto/identity/published_identity.hpp)
  services text NOT NULL            -- the same
) WITH (fillfactor = 80);
