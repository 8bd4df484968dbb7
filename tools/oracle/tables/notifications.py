"""Notifications."""

import json
from collections import Counter

from comparison import Comparison
from tables.repositories import our_records
from tables.subjects import waits
from values import iso, micros, uri_parts

# db/batch/notification.hpp: the reason, and the collection of the record that caused it.
_REASONS = {
    1: ("like", 2),
    2: ("repost", 3),
    3: ("follow", 7),
    4: ("mention", 1),
    5: ("reply", 1),
    6: ("quote", 1),
    7: ("like-via-repost", 2),
    8: ("repost-via-repost", 3),
    9: ("starterpack-joined", 14),
    10: ("verified", 13),
    11: ("unverified", 13),
}


# Whose record a duplicate can replace, by the table that counts it.
_SUBJECTS = {"like": "subject", "repost": "subject", "follow": "subjectDid"}
_EDGES = {"like", "repost", "follow", "like-via-repost", "repost-via-repost"}


def notification(db, official):
    """recordCid is not stored by ours and follows from the record, where that still exists."""
    rules = Counter()
    cids = dict(our_records(db))
    ours = []
    for row in db.rows(
        "SELECT recipient_id, author_id, reason, subject_id, rkey, "
        f"{micros('created_at')} FROM notifications"
    ):
        reason, collection = _REASONS[row["reason"]]
        uri = db.path_uri(row["author_id"], collection, row["rkey"])
        ours.append(
            _comparable({
                "did": db.did[row["recipient_id"]],
                "author": db.did[row["author_id"]],
                "reason": reason,
                "reasonSubject": db.uri_or_none(row["subject_id"]),
                "recordUri": uri,
                "recordCid": cids.get(uri),
                "sortAt": iso(row["created_at"]),
            })
        )  # fmt: skip
    deleted = {row["did"] for row in db.rows("SELECT did FROM users WHERE status = 'deleted'")}
    theirs = [_comparable(row) for row in expected_notifications(official, deleted, rules)]
    return Comparison("notification", ours, theirs, rules)


def expected_notifications(official, deleted, rules):
    """The reference's notifications as they should be (docs/ORACLE.md, "Notifications").
    deleted: DIDs of accounts that were deleted"""
    theirs = []
    for row in official["notification"] + list(_promoted(official, rules)):
        if row["did"] in deleted:
            rules["dropped: for a deleted account"] += 1
        elif not row["did"].startswith("did:"):
            rules["dropped: to a handle, which a quote's uri has instead of the DID"] += 1
        elif row["did"] == row["author"]:
            rules["dropped: to oneself"] += 1
        elif row["recordUri"] not in official.records and row["reason"] in _EDGES:
            rules["dropped: its record is gone, and a duplicate has taken its place"] += 1
        elif _waits(official, row["recordUri"]):
            rules["dropped: of a like or repost that waits for its post"] += 1
        else:
            record = official.records.get(row["recordUri"])
            if record is None:
                row = {**row, "recordCid": None}
            elif row["reason"] == "starterpack-joined" and row["recordCid"] != record["cid"]:
                rules["recordCid is that of the profile's first version"] += 1
                row = {**row, "recordCid": record["cid"]}
            theirs.append(row)
    return theirs


def _promoted(official, rules):
    """What duplicates say that count now: the reference leaves them in duplicate_record."""
    left_behind = {row["uri"] for row in official["duplicate_record"]}
    for table, subject in _SUBJECTS.items():
        for row in official[table]:
            if row["uri"] not in left_behind:
                continue
            rules["added: of a duplicate that counts now"] += 1
            said = {
                "author": row["creator"],
                "recordUri": row["uri"],
                "recordCid": row["cid"],
                "sortAt": row["sortAt"],
            }
            if table == "follow":
                yield {**said, "did": row[subject], "reason": table, "reasonSubject": None}
                continue
            owner = uri_parts(row[subject])[0]
            if owner == row["creator"]:
                continue
            yield {**said, "did": owner, "reason": table, "reasonSubject": row[subject]}
            via = row.get("via")
            if via and uri_parts(via)[0] != row["creator"]:
                yield {
                    **said,
                    "did": uri_parts(via)[0],
                    "reason": f"{table}-via-repost",
                    "reasonSubject": via,
                }


def _waits(official, uri):
    if uri_parts(uri)[1] not in ("app.bsky.feed.like", "app.bsky.feed.repost"):
        return False
    record = official.records.get(uri)
    return record is not None and waits(official, json.loads(record["json"])["subject"]["uri"])


def _comparable(row):
    # The reference stamps an "unverified" with the clock, and its record is gone by definition.
    if row["reason"] == "unverified":
        return {**row, "recordCid": None, "sortAt": None}
    return dict(row)
