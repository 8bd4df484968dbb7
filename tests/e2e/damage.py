#!/usr/bin/env python3
"""Proves that the oracle's comparison fails when it should.

usage: damage.py BASE SERVER_CONNINFO PROGRAM LOG

PROGRAM and LOG as for compare.py.

For each damage: compares the table that has to show it, as it is within a transaction that damages it and
is rolled back. What prism-records reads is compared in a damaged copy of the database "prism". Exit code 0 if every damage is noticed, and if the program as a whole passes the whole database and
fails a damaged one.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from psql import json_rows, query

_ORACLE = os.path.join(os.path.dirname(__file__), "../../tools/oracle")
sys.path.insert(0, _ORACLE)

from compare import PROJECTIONS  # noqa: E402
from database import Database  # noqa: E402
from gates import REQUIRED  # noqa: E402
from official import Official  # noqa: E402


def _one(table, condition="true"):
    """SQL for the place of one row, the same in every run."""
    return f"ctid = (SELECT min(ctid) FROM {table} WHERE {condition})"


def _embed(kind):
    return f"embed->>$$$type$$ = $$app.bsky.embed.{kind}$$"


# What is damaged, by which statement, and the line of the comparison that has to show it.
_DAMAGES = (
    ("a post is missing", f"DELETE FROM posts WHERE {_one('posts')}", "post"),
    ("a post's text", f"UPDATE posts SET text = text || '.' WHERE {_one('posts')}", "post"),
    ("a post's kept block", f"UPDATE posts SET record = (SELECT record FROM profiles ORDER BY creator_id LIMIT 1) WHERE {_one('posts')}", "record"),
    ("a post's field without a column", f"UPDATE posts SET extra = '{{\"a\": 1}}' WHERE {_one('posts', 'record IS NULL')}", "record"),
    ("a like's time as written", f"UPDATE likes SET created_text = '2026-01-01T00:00:00Z' WHERE {_one('likes', 'record IS NULL')}", "record"),
    ("a list's kept block", f"UPDATE lists SET record = (SELECT record FROM profiles ORDER BY creator_id LIMIT 1) WHERE {_one('lists')}", "record"),
    ("a record's event time", f"UPDATE statuses SET commit_time = commit_time + interval '1 s' WHERE {_one('statuses')}", "record"),
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
    ("an opt-out of a list too many", f"INSERT INTO reference_list_opt_outs SELECT creator_id, list_id, created_at, commit_time, rkey, false, cid, record, place FROM list_blocks WHERE {_one('list_blocks')}", "reference_list_opt_out"),
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
    ("a duplicate is missing", f"DELETE FROM reposts WHERE {_one('reposts', 'duplicate')}", "duplicate_record"),
    ("a duplicate of something else", f"UPDATE reposts SET subject_id = -1 WHERE {_one('reposts', 'duplicate')}", "duplicate_record"),
    ("a quote of something else", f"UPDATE posts SET quoted_id = id WHERE {_one('posts', 'quoted_id IS NOT NULL')}", "quote"),
    ("a quote's subject CID", f"UPDATE posts SET embed = jsonb_set(embed, '{{record,cid}}', '\"x\"') WHERE {_one('posts', _embed('record'))}", "quote"),
    ("a quote is missing", f"UPDATE posts SET quoted_id = NULL WHERE {_one('posts', 'quoted_id IS NOT NULL')}", "quote"),
    ("an embedded record", f"UPDATE posts SET embed = NULL WHERE {_one('posts', _embed('record'))}", "post_embed_record"),
    ("an embedded record beside media", f"UPDATE posts SET embed = embed->'media' WHERE {_one('posts', _embed('recordWithMedia'))}", "post_embed_record"),
    ("images lose their order", f"UPDATE posts SET embed = jsonb_set(embed, '{{images}}', jsonb_build_array(embed->'images'->1, embed->'images'->0)) WHERE {_one('posts', _embed('images') + ' AND jsonb_array_length(embed->$$images$$) = 2')}", "post_embed_image"),
    ("an image's description", f"UPDATE posts SET embed = jsonb_set(embed, '{{images,0,alt}}', '\"x\"') WHERE {_one('posts', _embed('images'))}", "post_embed_image"),
    ("a gallery's image", f"UPDATE posts SET embed = jsonb_set(embed, '{{items}}', '[]') WHERE {_one('posts', _embed('gallery'))}", "post_embed_gallery_image"),
    ("a link card's title", f"UPDATE posts SET embed = jsonb_set(embed, '{{external,title}}', '\"x\"') WHERE {_one('posts', _embed('external'))}", "post_embed_external"),
    ("a video", f"UPDATE posts SET embed = jsonb_set(embed, '{{alt}}', '\"x\"') WHERE {_one('posts', _embed('video'))}", "post_embed_video"),
    ("a reply in one's own thread", f"UPDATE posts SET reply_root_id = id WHERE {_one('posts', 'reply_root_id IS NULL')}", "op_thread_reply"),
    ("a count of no post", f"INSERT INTO post_aggregates (post_id, like_count) SELECT u.id, 1 FROM uris u WHERE NOT EXISTS (SELECT FROM post_aggregates a WHERE a.post_id = u.id) AND NOT EXISTS (SELECT FROM posts p WHERE p.id = u.id) LIMIT 1", "other_counts"),
    ("a notification is missing", f"DELETE FROM notifications WHERE {_one('notifications')}", "notification"),
    ("a notification's reason", f"UPDATE notifications SET reason = 2 WHERE {_one('notifications', 'reason = 1')}", "notification"),
    ("a notification to somebody else", f"UPDATE notifications SET recipient_id = author_id WHERE {_one('notifications')}", "notification"),
    ("a handle", f"UPDATE users SET handle = 'damaged.test' WHERE {_one('users', 'handle IS NOT NULL AND indexed_at IS NOT NULL')}", "actor"),
    ("an account's status", f"UPDATE users SET status = 'throttled' WHERE {_one('users', 'status IS NULL AND indexed_at IS NOT NULL')}", "actor"),
    # The sample has none that waits.
    ("a list item that waits for nothing", f"INSERT INTO pending_ops (referent_id, other_id, creator_id, collection, rkey, commit_time, created_at, cid) SELECT list_id, subject_id, creator_id, 10, rkey, commit_time, created_at, cid FROM list_items WHERE {_one('list_items')}", "list_item_waiting"),
    ("a list's count", f"UPDATE list_aggregates SET member_count = member_count + 1 WHERE {_one('list_aggregates', 'member_count > 0')}", "list_counts"),
)  # fmt: skip

# Tables that are compared with what prism-records prints.
_READ_BY_PROGRAM = {"record"}

# The same for what was refused, which the log tells.
_REFUSAL_DAMAGES = (
    ("nothing was refused", lambda log: log.replace("record refused", "")),
    ("refused for another reason", lambda log: log.replace(": missing_field", ": wrong_type")),
    ("refused at another place", lambda log: log.replace(" at $.text:", " at $.texts:")),
    ("refused too much", lambda log: log + "record refused: at://did:plc:x/a/b: bad_cbor: x\n"),
)


class _Damaged(Database):
    """What a whole one is after a statement, which is undone. None of them changes a DID or a uri."""

    def __init__(self, whole, statement):
        vars(self).update(vars(whole))
        self._statement = f"{statement};\n"

    def rows(self, select):
        return json_rows(self._conninfo, select, self._statement)


def _exit_code(base, conninfo, program, log):
    command = [sys.executable, os.path.join(_ORACLE, "compare.py"), base, conninfo, program, log]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, **quiet).returncode


def main(base, server, program, log):
    admin, whole, damaged = (f"{server} dbname={name}" for name in ("postgres", "prism", "damaged"))
    official = Official(base)
    undamaged = Database(whole, program, log)
    failures = []
    if _exit_code(base, whole, program, log) != 0:
        failures.append("the whole database does not pass: see scripts/oracle")

    def failure(damage):
        name, statement, table = damage
        if not query(whole, f"BEGIN;\n{statement} RETURNING 1;\nROLLBACK"):
            return f"{name}: the sample has nothing to damage"
        if table in _READ_BY_PROGRAM:
            query(admin, "DROP DATABASE IF EXISTS damaged;\nCREATE DATABASE damaged TEMPLATE prism STRATEGY file_copy")
            query(damaged, statement)
            database = Database(damaged, program, log)
        else:
            database = _Damaged(undamaged, statement)
        if table not in REQUIRED:
            return f"{name}: {table} does not count"
        if PROJECTIONS[table](database, official).differences == 0:
            return f"{name}: not noticed in {table}"
        return None

    # A database is copied while nobody is connected to it.
    failures += filter(None, map(failure, (each for each in _DAMAGES if each[2] in _READ_BY_PROGRAM)))
    with ThreadPoolExecutor(2) as pool:
        others = (each for each in _DAMAGES if each[2] not in _READ_BY_PROGRAM)
        failures += filter(None, pool.map(failure, others))
    if _exit_code(base, damaged, program, log) != 1:
        failures.append("the last damaged copy does not fail")
    for name, damage in _REFUSAL_DAMAGES:
        with open(log, encoding="utf-8") as whole_log, tempfile.NamedTemporaryFile("w") as copy:
            copy.write(damage(whole_log.read()))
            copy.flush()
            if PROJECTIONS["refused"](Database(whole, program, copy.name), official).differences == 0:
                failures.append(f"{name}: not noticed in refused")
    for failure in failures:
        print(failure)
    print(f"{len(_DAMAGES) + len(_REFUSAL_DAMAGES)} damages, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
