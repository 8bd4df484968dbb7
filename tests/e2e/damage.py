#!/usr/bin/env python3
"""Proves that the oracle's comparison fails when it should.

usage: damage.py BASE SERVER_CONNINFO

For each damage: copies the database "prism", damages the copy, and compares the table that has to show
it. Exit code 0 if every damage is noticed, and if the program as a whole passes the whole database and
fails a damaged one.
"""

import os
import subprocess
import sys

from psql import query

_ORACLE = os.path.join(os.path.dirname(__file__), "../../tools/oracle")
sys.path.insert(0, _ORACLE)

from compare import PROJECTIONS  # noqa: E402
from database import Database  # noqa: E402
from gates import REQUIRED  # noqa: E402
from official import Official  # noqa: E402


def _one(table, condition="true"):
    """SQL for the place of one row, the same in every run."""
    return f"ctid = (SELECT min(ctid) FROM {table} WHERE {condition})"


# What is damaged, by which statement, and the line of the comparison that has to show it.
_DAMAGES = (
    ("a post is missing", f"DELETE FROM posts WHERE {_one('posts')}", "post"),
    ("a post's text", f"UPDATE posts SET text = text || '.' WHERE {_one('posts')}", "post"),
    ("a post's CID", f"UPDATE posts SET cid = set_byte(cid, 35, get_byte(cid, 35) # 1) WHERE {_one('posts')}", "record"),
    ("a post's time", f"UPDATE posts SET created_at = created_at - interval '1 ms' WHERE {_one('posts')}", "post"),
    ("a post's languages", f"UPDATE posts SET langs = '{{xx}}' WHERE {_one('posts')}", "post"),
    ("a reply's parent", f"UPDATE posts SET reply_parent_id = id WHERE {_one('posts', 'reply_parent_id IS NOT NULL')}", "post"),
    ("a verdict", f"UPDATE posts SET violates_thread_gate = NOT coalesce(violates_thread_gate, false) WHERE {_one('posts')}", "post"),
    ("a like is missing", f"DELETE FROM likes WHERE {_one('likes', 'NOT duplicate')}", "like"),
    ("a like that is a duplicate", f"UPDATE likes SET duplicate = true WHERE {_one('likes', 'NOT duplicate')}", "like"),
    ("a like's subject CID", f"UPDATE likes SET subject_cid = cid WHERE {_one('likes', 'NOT duplicate')}", "like"),
    ("a waiting like is missing", f"DELETE FROM pending_ops WHERE {_one('pending_ops', 'collection = 2')}", "like_waiting"),
    ("a waiting like has another subject", f"UPDATE pending_ops SET referent_id = (SELECT min(id) FROM posts) WHERE {_one('pending_ops', 'collection = 2')}", "like_waiting"),
    ("a repost is missing", f"DELETE FROM reposts WHERE {_one('reposts', 'NOT duplicate')}", "repost"),
    ("a waiting repost is missing", f"DELETE FROM pending_ops WHERE {_one('pending_ops', 'collection = 3')}", "repost_waiting"),
    ("a follow is missing", f"DELETE FROM follows WHERE {_one('follows', 'NOT duplicate')}", "follow"),
    ("a follow has another subject", f"UPDATE follows SET subject_id = creator_id WHERE {_one('follows', 'NOT duplicate')}", "follow"),
    ("a block is missing", f"DELETE FROM blocks WHERE {_one('blocks')}", "actor_block"),
    ("a profile's name", f"UPDATE profiles SET display_name = 'x' WHERE {_one('profiles')}", "profile"),
    ("a feed item is missing", f"DELETE FROM feed_items WHERE {_one('feed_items')}", "feed_item"),
    ("a feed item too many", f"INSERT INTO feed_items SELECT * FROM feed_items WHERE {_one('feed_items')}", "feed_item"),
    ("a feed item's time", f"UPDATE feed_items SET sort_at = sort_at + interval '1 s' WHERE {_one('feed_items')}", "feed_item"),
    ("a like count", f"UPDATE post_aggregates a SET like_count = like_count + 1 WHERE post_id = (SELECT min(id) FROM posts)", "post_counts"),
    ("a reply count", f"UPDATE post_aggregates a SET reply_count = reply_count + 1 WHERE post_id = (SELECT min(id) FROM posts)", "post_counts"),
    ("counts of a post are missing", f"DELETE FROM post_aggregates WHERE {_one('post_aggregates', 'like_count > 0 AND post_id IN (SELECT id FROM posts)')}", "post_counts"),
    ("a followers count", f"UPDATE user_aggregates SET followers_count = followers_count - 1 WHERE {_one('user_aggregates')}", "user_counts"),
    ("a posts count", f"UPDATE user_aggregates SET posts_count = posts_count + 1 WHERE {_one('user_aggregates')}", "user_counts"),
    ("a list's name", f"UPDATE lists SET name = name || '.' WHERE {_one('lists')}", "list"),
    ("a list item is missing", f"DELETE FROM list_items WHERE {_one('list_items', 'NOT duplicate')}", "list_item"),
    ("a list block is missing", f"DELETE FROM list_blocks WHERE {_one('list_blocks')}", "list_block"),
    ("a feed generator is missing", f"DELETE FROM feed_generators WHERE {_one('feed_generators')}", "feed_generator"),
    ("a starter pack is missing", f"DELETE FROM starter_packs WHERE {_one('starter_packs')}", "starter_pack"),
    ("a labeler is missing", f"DELETE FROM labelers WHERE {_one('labelers')}", "labeler"),
    ("a thread gate is missing", f"DELETE FROM thread_gates WHERE {_one('thread_gates')}", "thread_gate"),
    ("a post gate is missing", f"DELETE FROM post_gates WHERE {_one('post_gates')}", "post_gate"),
    ("a verification is missing", f"DELETE FROM verifications WHERE {_one('verifications')}", "verification"),
    ("a repository's revision", f"UPDATE repos SET rev = rev || '2' WHERE {_one('repos')}", "actor_sync"),
    ("a status is missing", f"DELETE FROM statuses WHERE {_one('statuses')}", "record"),
    ("a declaration is missing", f"DELETE FROM declarations WHERE {_one('declarations')}", "record"),
    ("a duplicate is missing", f"DELETE FROM reposts WHERE {_one('reposts', 'duplicate')}", "record"),
)  # fmt: skip


def _exit_code(base, conninfo):
    command = [sys.executable, os.path.join(_ORACLE, "compare.py"), base, conninfo]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, **quiet).returncode


def main(base, server):
    admin, whole, damaged = (f"{server} dbname={name}" for name in ("postgres", "prism", "damaged"))
    official = Official(base)
    failures = []
    if _exit_code(base, whole) != 0:
        failures.append("the whole database does not pass: see scripts/oracle")
    for name, statement, table in _DAMAGES:
        query(admin, "DROP DATABASE IF EXISTS damaged;\nCREATE DATABASE damaged TEMPLATE prism")
        if not query(damaged, f"{statement} RETURNING 1"):
            failures.append(f"{name}: the sample has nothing to damage")
        elif table not in REQUIRED:
            failures.append(f"{name}: {table} does not count")
        elif PROJECTIONS[table](Database(damaged), official).differences == 0:
            failures.append(f"{name}: not noticed in {table}")
    if _exit_code(base, damaged) != 1:
        failures.append("the last damaged database does not fail")
    for failure in failures:
        print(failure)
    print(f"{len(_DAMAGES)} damages, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
