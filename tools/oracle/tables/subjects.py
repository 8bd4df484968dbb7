"""Likes and reposts: those that count, and those that wait for their post."""

import json
from collections import Counter

from comparison import Comparison
from values import cid_text, is_post_uri, iso, micros, same_instant_iso, uri_parts

_NUMBERS = {"like": 2, "repost": 3}
_TABLES = {"like": "likes", "repost": "reposts"}


def waits(official, subject):
    """Whether ours keeps an operation on this subject in pending_ops."""
    return is_post_uri(subject) and subject not in official.posts


def like(db, official):
    return _counted(db, official, "like")


def repost(db, official):
    return _counted(db, official, "repost")


def like_waiting(db, official):
    return _waiting(db, official, "like")


def repost_waiting(db, official):
    return _waiting(db, official, "repost")


def _counted(db, official, kind):
    rules = Counter()
    ours = []
    for row in db.rows(
        f"SELECT creator_id, rkey, subject_id, cid, subject_cid, via_id, via_cid, "
        f"{micros('created_at')}, {micros('commit_time')} FROM {_TABLES[kind]} WHERE NOT duplicate"
    ):
        created, indexed = iso(row["created_at"]), iso(row["commit_time"])
        ours.append({
            "uri": db.path_uri(row["creator_id"], _NUMBERS[kind], row["rkey"]),
            "cid": cid_text(row["cid"]),
            "creator": db.did[row["creator_id"]],
            "subject": db.uri[row["subject_id"]],
            "subjectCid": cid_text(row["subject_cid"]),
            "via": db.uri_or_none(row["via_id"]),
            "viaCid": cid_text(row["via_cid"]),
            "createdAt": created,
            "indexedAt": indexed,
            "sortAt": min(created, indexed),
        })  # fmt: skip
    theirs = []
    for row in official[kind]:
        if waits(official, row["subject"]):
            rules[f"compared as {kind}_waiting: its post is not indexed"] += 1
        else:
            theirs.append(row)
    return Comparison(kind, ours, theirs, rules)


def _waiting(db, official, kind):
    """All records of the kind that wait; theirs from the records, because ours does not tell which
    of several would count."""
    ours = []
    for row in db.rows(
        f"SELECT referent_id, other_id, creator_id, rkey, cid, subject_cid, via_cid, "
        f"{micros('created_at')}, {micros('commit_time')} FROM pending_ops "
        f"WHERE collection = {_NUMBERS[kind]}"
    ):
        ours.append({
            "uri": db.path_uri(row["creator_id"], _NUMBERS[kind], row["rkey"]),
            "cid": cid_text(row["cid"]),
            "subject": db.uri[row["referent_id"]],
            "subjectCid": cid_text(row["subject_cid"]),
            "via": db.uri_or_none(row["other_id"]),
            "viaCid": cid_text(row["via_cid"]),
            "createdAt": iso(row["created_at"]),
            "indexedAt": iso(row["commit_time"]),
        })  # fmt: skip
    theirs = []
    for row in official.records.values():
        if uri_parts(row["uri"])[1] != f"app.bsky.feed.{kind}":
            continue
        record = json.loads(row["json"])
        if waits(official, record["subject"]["uri"]):
            via = record.get("via") or {}
            theirs.append({
                "uri": row["uri"],
                "cid": row["cid"],
                "subject": record["subject"]["uri"],
                "subjectCid": record["subject"]["cid"],
                "via": via.get("uri"),
                "viaCid": via.get("cid"),
                "createdAt": same_instant_iso(record["createdAt"]),
                "indexedAt": row["indexedAt"],
            })  # fmt: skip
    return Comparison(f"{kind}_waiting", ours, theirs)
