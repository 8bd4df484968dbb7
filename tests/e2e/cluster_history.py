#!/usr/bin/env python3
"""usage: cluster_history.py CONNINFO   (see cluster_history.sh)"""

import sys

import history
from psql import query

# What history.sql needs of migrations 0001 and 0015.
_TABLES = """
DROP SCHEMA IF EXISTS history CASCADE;
DROP TABLE IF EXISTS firehose_cursor, leases, shard_placement, cluster_members;
CREATE TABLE firehose_cursor (service text, shard int, seq bigint, epoch bigint);
CREATE TABLE leases (name text, holder text, epoch bigint, expires_at timestamptz);
CREATE TABLE shard_placement (service text, shard int, node uuid, token bigint);
CREATE TABLE cluster_members (node uuid, name text, dead_at timestamptz, dead_reason text);
INSERT INTO firehose_cursor VALUES ('s', 0, 10, 1), ('s', 1, 10, 1);
INSERT INTO leases VALUES ('writer s', 'a', 1, 'infinity');
INSERT INTO shard_placement VALUES ('s', 0, '{a}', 1), ('s', 1, '{a}', 1);
"""
_NODES = {"a": "00000000-0000-0000-0000-00000000000a", "b": "00000000-0000-0000-0000-00000000000b"}

_WRITE = "SET application_name = 'prismd {a}'; UPDATE firehose_cursor SET seq = seq + 5 WHERE shard = 0"
_MOVE = (
    "BEGIN; UPDATE shard_placement SET node = '{b}', token = 2 WHERE shard = 0; "
    "UPDATE firehose_cursor SET epoch = 2 WHERE shard = 0; COMMIT"
)
_OTHER = "SET application_name = 'prismd {b}'; UPDATE firehose_cursor SET seq = seq + 5 WHERE shard = 0"

# What is done, and a part of the sentence that has to come; none: nothing is broken.
_CASES = (
    ([_WRITE, _MOVE, _OTHER], None),
    (["UPDATE leases SET holder = 'b', epoch = 2", "UPDATE leases SET expires_at = now()"], None),
    ([_WRITE, _OTHER], "token 1 was used by"),
    ([_MOVE, _WRITE], "token 2 of {b} was used by prismd {a}"),
    ([_WRITE, _WRITE.replace("+ 5", "- 1")], "the cursor fell"),
    ([_MOVE, _MOVE.replace("epoch = 2", "epoch = 1")], "the token fell"),
    ([_MOVE.replace("epoch = 2", "epoch = 2, seq = seq + 1")], "token and cursor moved at once"),
    (
        ["ALTER TABLE firehose_cursor DISABLE TRIGGER history", _WRITE,
         "ALTER TABLE firehose_cursor ENABLE TRIGGER history", _WRITE],
        "something else changed it",
    ),
    (["DELETE FROM firehose_cursor", "INSERT INTO firehose_cursor VALUES ('s', 0, 9, 1)"], "the cursor fell"),
    (["UPDATE leases SET holder = 'b'"], "had two holders"),
    (["UPDATE leases SET epoch = 0"], "epoch fell"),
)  # fmt: skip


def _filled(sql):
    return sql.replace("{a}", _NODES["a"]).replace("{b}", _NODES["b"])


def main(conninfo):
    failures = 0
    for statements, breach in _CASES:
        query(conninfo, _filled(_TABLES))
        history.install(conninfo)
        for each in statements:
            query(conninfo, _filled(each))
        found = history.check(conninfo).faults
        if breach is None and found or breach and not any(_filled(breach) in each for each in found):
            print(f"{statements}: expected {breach}, found {found}")
            failures += 1
    print(f"{len(_CASES)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
