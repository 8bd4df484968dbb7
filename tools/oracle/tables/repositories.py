"""What is known of each repository: its last commit, and every record in it."""

import json
from collections import Counter

from comparison import Comparison, project
from database import NSID
from values import cid_text, iso, micros, uri_parts

_BY_PATH = {
    "likes": 2, "reposts": 3, "follows": 7, "blocks": 8, "list_items": 10, "list_blocks": 11,
    "verifications": 13, "profiles": 14, "statuses": 15, "labelers": 16,
    "reference_list_opt_outs": 20,
}  # fmt: skip
_BY_URI = {
    "posts": 1, "thread_gates": 4, "post_gates": 5, "feed_generators": 6, "lists": 9,
    "starter_packs": 12,
}  # fmt: skip


def actor_sync(db, official):
    ours = [
        {
            "did": db.did[row["user_id"]],
            "commitCid": cid_text(row["commit_cid"]),
            "repoRev": row["rev"],
        }
        for row in db.rows("SELECT user_id, commit_cid, rev FROM repos")
    ]
    return Comparison("actor_sync", ours, official["actor_sync"])


def actor(db, official):
    """The columns that are about identity: the others are set by the reference's operators."""
    ours = [
        {
            "did": db.did[row["id"]],
            "handle": row["handle"],
            "indexedAt": iso(row["indexed_at"]),
            "upstreamStatus": row["status"],
        }
        for row in db.rows(
            f"SELECT id, handle, {micros('indexed_at')}, status FROM users "
            "WHERE indexed_at IS NOT NULL AND status IS DISTINCT FROM 'deleted'"
        )
    ]
    rules = Counter()
    theirs = []
    dates = {row["did"]: row["indexedAt"] for row in ours}
    for row in project(official["actor"], ("did", "handle", "indexedAt", "upstreamStatus")):
        if row["indexedAt"] is None:
            rules["indexedAt ignored: the model does not know it"] += 1
            row["indexedAt"] = dates.get(row["did"])
        if row["did"] in official.gone:
            rules["dropped: a deleted account, made anew by a commit that came late"] += 1
        else:
            theirs.append(row)
    return Comparison("actor", ours, theirs, rules)


def record(db, official):
    """The records themselves, as prism-records makes them again from what is stored, and the time of
    the event that brought them."""
    times = {uri: time for uri, _, time in _stored(db)}
    ours = [{**each, "indexedAt": times.get(each["uri"])} for each in db.records()]
    theirs = [
        {
            "uri": row["uri"],
            "cid": row["cid"],
            "record": json.loads(row["json"]),
            "indexedAt": row["indexedAt"],
        }
        for row in official.records.values()
    ]
    return Comparison("record", ours, theirs)


def our_records(db):
    """(uri, cid) of every record that is stored, waiting ones included."""
    return [(uri, cid) for uri, cid, _ in _stored(db)]


def _stored(db):
    columns = "cid, (extract(epoch from commit_time) * 1000000)::bigint AS us"
    parts = [f"SELECT creator_id, {number} AS collection, rkey, {columns} FROM {table}"
             for table, number in _BY_PATH.items()]  # fmt: skip
    parts += [
        f"SELECT t.creator_id, {number}, u.rkey, {columns} FROM {table} t JOIN uris u ON u.id = t.id"
        for table, number in _BY_URI.items()
    ]
    parts += [
        f"SELECT creator_id, collection, rkey, {columns} FROM {table}"
        for table in ("declarations", "pending_ops")
    ]
    for row in db.rows(" UNION ALL ".join(parts)):
        uri = db.path_uri(row["creator_id"], row["collection"], row["rkey"])
        yield uri, cid_text(row["cid"]), iso(row["us"])


# What two records of one creator have in common when they are duplicates.
_SAME = {
    "likes": ("subject_id",), "reposts": ("subject_id",), "follows": ("subject_id",),
    "blocks": ("subject_id",), "list_items": ("list_id", "subject_id"), "list_blocks": ("list_id",),
    "verifications": ("subject_id",), "reference_list_opt_outs": ("list_id",),
}  # fmt: skip


def duplicate_record(db, official):
    rules = Counter()
    ours = []
    for table, same in _SAME.items():
        pair = " AND ".join(f"t.{column} = c.{column}" for column in ("creator_id", *same))
        for row in db.rows(
            f"SELECT t.creator_id, t.rkey, t.cid, c.rkey AS counted, (extract(epoch from "
            f"t.commit_time) * 1000000)::bigint AS us FROM {table} t LEFT JOIN {table} c "
            f"ON {pair} AND NOT c.duplicate WHERE t.duplicate"
        ):
            number = _BY_PATH[table]
            ours.append({
                "uri": db.path_uri(row["creator_id"], number, row["rkey"]),
                "cid": cid_text(row["cid"]),
                "duplicateOf": db.path_uri(row["creator_id"], number, row["counted"]),
                "indexedAt": iso(row["us"]),
            })  # fmt: skip
    counted_now = {row["uri"]: row["duplicateOf"] for row in ours}
    counted = {
        row["uri"]
        for table in ("like", "repost", "follow", "actor_block", "list_item", "list_block",
                      "verification", "reference_list_opt_out")
        for row in official[table]
    }  # fmt: skip
    waiting = {
        db.path_uri(row["creator_id"], row["collection"], row["rkey"])
        for row in db.rows("SELECT creator_id, collection, rkey FROM pending_ops")
    }
    theirs = []
    for row in official["duplicate_record"]:
        if row["uri"] in official.stranded:
            rules["dropped: counts in ours, since nothing else of its pair is left"] += 1
        elif row["uri"] in counted:
            rules["dropped: promoted since, and left behind"] += 1
        elif row["uri"] not in official.records:
            rules["dropped: its record is gone"] += 1
        elif row["uri"] in waiting:
            rules["dropped: waits for its referent in ours"] += 1
        elif uri_parts(row["uri"])[1] in (NSID[4], NSID[5]):
            rules["dropped: a gate, of which ours has one per post"] += 1
        elif row["duplicateOf"] not in official.records and row["uri"] in counted_now:
            rules["duplicateOf ignored: theirs is gone"] += 1
            theirs.append({**row, "duplicateOf": counted_now[row["uri"]]})
        else:
            theirs.append(row)
    return Comparison("duplicate_record", ours, theirs, rules)
