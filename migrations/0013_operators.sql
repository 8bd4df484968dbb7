-- What an operator asks about later: which actors failed, and who changed what in a running node. The newest
-- 1,000 crashes and 10,000 actions are kept.

CREATE TABLE crashes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node text NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  last_message text NOT NULL,       -- the type of the message that it handled last
  restarts bigint NOT NULL,         -- of this actor before
  waiting bigint NOT NULL,          -- messages in its mailbox
  handled bigint NOT NULL,          -- messages in its life
  uptime_seconds bigint NOT NULL
);

CREATE TABLE operator_actions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node text NOT NULL,
  at timestamptz NOT NULL,
  who text NOT NULL,                -- the name in the certificate
  address text NOT NULL,
  action text NOT NULL,
  arguments text NOT NULL,          -- JSON
  why text NOT NULL,
  result text NOT NULL              -- "done", or why not
);
