"""Duplicates that nobody counts: when the counted record of a pair is deleted, the official AppView lets the oldest
duplicate take its place, but the others still name the deleted one. When that oldest one is deleted as well, none of
them is found. Prism counts the oldest (docs/ORACLE.md, "Duplicates")."""

import json

from values import same_instant_iso, uri_parts

# By collection: the table, and the columns that two records of one creator have in common when they are duplicates.
_PAIRS = {
    "app.bsky.feed.like": ("like", ("subject",)),
    "app.bsky.feed.repost": ("repost", ("subject",)),
    "app.bsky.graph.follow": ("follow", ("subjectDid",)),
    "app.bsky.graph.block": ("actor_block", ("subjectDid",)),
    "app.bsky.graph.listblock": ("list_block", ("subjectUri",)),
    "app.bsky.graph.listitem": ("list_item", ("listUri", "subjectDid")),
}


def rows_to_count(duplicates, records, rows_of):
    """The rows that are missing: (table, row). rows_of(table): those that the official AppView counts."""
    waiting = [row for row in duplicates if row["duplicateOf"] not in records and row["uri"] in records]
    waiting.sort(key=lambda row: (row["indexedAt"], row["uri"]))
    counted = {
        table: {_pair(same, row) for row in rows_of(table)} for table, same in _PAIRS.values()
    }
    for duplicate in waiting:
        creator, collection, _ = uri_parts(duplicate["uri"])
        if collection not in _PAIRS:
            continue
        table, same = _PAIRS[collection]
        row = _row(table, creator, records[duplicate["uri"]])
        if _pair(same, row) not in counted[table]:
            counted[table].add(_pair(same, row))
            yield table, row


def _pair(same, row):
    return (row["creator"], *(row[column] for column in same))


def _row(table, creator, stored):
    record = json.loads(stored["json"])
    created = same_instant_iso(record["createdAt"])
    row = {
        "uri": stored["uri"],
        "cid": stored["cid"],
        "creator": creator,
        "createdAt": created,
        "indexedAt": stored["indexedAt"],
        "sortAt": min(created, stored["indexedAt"]),
    }
    subject = record["subject"]
    if table in ("like", "repost"):
        via = record.get("via") or {}
        refs = {"subject": subject["uri"], "subjectCid": subject["cid"]}
        return row | refs | {"via": via.get("uri"), "viaCid": via.get("cid")}
    if table == "list_block":
        return row | {"subjectUri": subject}
    if table == "list_item":
        return row | {"subjectDid": subject, "listUri": record["list"]}
    return row | {"subjectDid": subject}
