"""What is known of each repository: its last commit, and every record in it."""

from collections import Counter

from comparison import Comparison, project
from database import NSID
from values import cid_text, iso, micros, uri_parts

_BY_PATH = {
    "likes": 2, "reposts": 3, "follows": 7, "blocks": 8, "list_items": 10, "list_blocks": 11,
    "verifications": 13, "profiles": 14, "statuses": 15, "labelers": 16,
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
            f"SELECT id, handle, {micros('indexed_at')}, status FROM users WHERE indexed_at IS NOT NULL"
        )
    ]
    theirs = project(official["actor"], ("did", "handle", "indexedAt", "upstreamStatus"))
    return Comparison("actor", ours, theirs)


def our_records(db):
    """uri → cid of every record that is stored, waiting ones included."""
    parts = [f"SELECT creator_id, {number} AS collection, rkey, cid FROM {table}"
             for table, number in _BY_PATH.items()]  # fmt: skip
    parts += [
        f"SELECT t.creator_id, {number}, u.rkey, t.cid FROM {table} t JOIN uris u ON u.id = t.id"
        for table, number in _BY_URI.items()
    ]
    parts += [
        f"SELECT creator_id, collection, rkey, cid FROM {table}"
        for table in ("declarations", "pending_ops")
    ]
    return [
        (db.path_uri(row["creator_id"], row["collection"], row["rkey"]), cid_text(row["cid"]))
        for row in db.rows(" UNION ALL ".join(parts))
    ]


def record(db, official):
    """Only (uri, cid): a CID is the hash of the content, and that what is stored gives it back is
    tested elsewhere."""
    ours = [{"uri": uri, "cid": cid} for uri, cid in our_records(db)]
    theirs = [{"uri": row["uri"], "cid": row["cid"]} for row in official.records.values()]
    return Comparison("record", ours, theirs)


def duplicate_record(db, official):
    """Only (uri, cid): of what it is a duplicate changes when the counted record is deleted, which
    the reference does not write down."""
    rules = Counter()
    ours = []
    for table in ("likes", "reposts", "follows", "blocks", "list_items", "list_blocks",
                  "verifications"):  # fmt: skip
        for row in db.rows(f"SELECT creator_id, rkey, cid FROM {table} WHERE duplicate"):
            uri = db.path_uri(row["creator_id"], _BY_PATH[table], row["rkey"])
            ours.append({"uri": uri, "cid": cid_text(row["cid"])})
    counted = {
        row["uri"]
        for table in ("like", "repost", "follow", "actor_block", "list_item", "list_block",
                      "verification")
        for row in official[table]
    }  # fmt: skip
    waiting = {
        db.path_uri(row["creator_id"], row["collection"], row["rkey"])
        for row in db.rows("SELECT creator_id, collection, rkey FROM pending_ops")
    }
    theirs = []
    for row in official["duplicate_record"]:
        if row["uri"] in counted:
            rules["dropped: promoted since, and left behind"] += 1
        elif row["uri"] not in official.records:
            rules["dropped: its record is gone"] += 1
        elif row["uri"] in waiting:
            rules["dropped: waits for its referent in ours"] += 1
        elif uri_parts(row["uri"])[1] in (NSID[4], NSID[5]):
            rules["dropped: a gate, of which ours has one per post"] += 1
        else:
            theirs.append({"uri": row["uri"], "cid": row["cid"]})
    return Comparison("duplicate_record", ours, theirs, rules)
