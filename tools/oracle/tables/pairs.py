"""Records that connect a creator with an account or a list."""

import json
from collections import Counter

from comparison import Comparison
from values import cid_text, iso, micros, same_instant_iso, uri_parts


def follow(db, official):
    return Comparison("follow", _ours(db, "follows", 7, _subject), official["follow"])


def actor_block(db, official):
    return Comparison("actor_block", _ours(db, "blocks", 8, _subject), official["actor_block"])


def list_block(db, official):
    return Comparison(
        "list_block",
        _ours(db, "list_blocks", 11, lambda db, row: {"subjectUri": db.uri[row["list_id"]]}),
        official["list_block"],
    )


def reference_list_opt_out(db, official):
    return Comparison(
        "reference_list_opt_out",
        _ours(
            db,
            "reference_list_opt_outs",
            20,
            lambda db, row: {"subjectUri": db.uri[row["list_id"]]},
        ),
        official["reference_list_opt_out"],
    )


def list_item(db, official):
    rules = Counter()
    ours = _ours(
        db,
        "list_items",
        10,
        lambda db, row: {**_subject(db, row), "listUri": db.uri[row["list_id"]]},
    )
    theirs = []
    for row in official["list_item"]:
        if row["listUri"] in official.lists:
            theirs.append(row)
        else:
            rules["compared as list_item_waiting: its list is not indexed"] += 1
    return Comparison("list_item", ours, theirs, rules)


def list_item_waiting(db, official):
    ours = []
    for row in db.rows(
        f"SELECT referent_id, other_id, creator_id, rkey, cid, {micros('created_at')}, "
        f"{micros('commit_time')} FROM pending_ops WHERE collection = 10"
    ):
        ours.append({
            "uri": db.path_uri(row["creator_id"], 10, row["rkey"]),
            "cid": cid_text(row["cid"]),
            "listUri": db.uri[row["referent_id"]],
            "subjectDid": db.did[row["other_id"]],
            "createdAt": iso(row["created_at"]),
            "indexedAt": iso(row["commit_time"]),
        })  # fmt: skip
    theirs = []
    for row in official.records.values():
        if uri_parts(row["uri"])[1] != "app.bsky.graph.listitem":
            continue
        record = json.loads(row["json"])
        if record["list"] not in official.lists:
            theirs.append({
                "uri": row["uri"],
                "cid": row["cid"],
                "listUri": record["list"],
                "subjectDid": record["subject"],
                "createdAt": same_instant_iso(record["createdAt"]),
                "indexedAt": row["indexedAt"],
            })  # fmt: skip
    return Comparison("list_item_waiting", ours, theirs)


def verification(db, official):
    rules = Counter()
    ours = []
    for row in _ours(
        db,
        "verifications",
        13,
        lambda db, row: {
            "subject": db.did[row["subject_id"]],
            "rkey": row["rkey"],
            "handle": row["handle"],
            "displayName": row["display_name"],
        },
    ):
        row["sortedAt"] = row.pop("sortAt")
        ours.append(row)
    theirs = []
    for row in official["verification"]:
        if row["uri"] in official.records:
            theirs.append(row)
        else:
            rules["dropped: left behind by a deleted account"] += 1
    return Comparison("verification", ours, theirs, rules)


def _subject(db, row):
    return {"subjectDid": db.did[row["subject_id"]]}


def _ours(db, table, number, more):
    """The counted rows of one of our tables; `more(db, row)` gives its particular columns."""
    rows = []
    for row in db.rows(
        f"SELECT t.*, (extract(epoch from created_at) * 1000000)::bigint AS created_us, "
        f"(extract(epoch from commit_time) * 1000000)::bigint AS commit_us "
        f"FROM {table} t WHERE NOT duplicate"
    ):
        created, indexed = iso(row["created_us"]), iso(row["commit_us"])
        rows.append({
            "uri": db.path_uri(row["creator_id"], number, row["rkey"]),
            "cid": cid_text(row["cid"]),
            "creator": db.did[row["creator_id"]],
            "createdAt": created,
            "indexedAt": indexed,
            "sortAt": min(created, indexed),
            **more(db, row),
        })  # fmt: skip
    return rows
