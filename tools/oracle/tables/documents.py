"""Records that stand for themselves. What has no column of ours is read from the stored block."""

import json
from collections import Counter

from comparison import Comparison
from dag_cbor import blob_cid, decode
from values import cid_text, iso, same_instant_iso


def profile(db, official):
    """pinnedPost is left out: the recorded version of the reference never sets it."""
    rules = Counter()
    ours = []
    for row, record in _rows(db, "profiles", "WHERE rkey = 'self'"):
        ours.append({
            "uri": db.path_uri(row["creator_id"], 14, "self"),
            "cid": cid_text(row["cid"]),
            "creator": db.did[row["creator_id"]],
            "displayName": row["display_name"],
            "description": row["description"],
            "avatarCid": blob_cid(record.get("avatar")),
            "bannerCid": blob_cid(record.get("banner")),
            "joinedViaStarterPackUri": db.uri_or_none(row["joined_via_id"]),
            "createdAt": iso(row["created_us"]),
            "indexedAt": iso(row["commit_us"]),
        })  # fmt: skip
    undated = {row["uri"] for row in ours if row["createdAt"] is None}
    theirs = []
    for row in official["profile"]:
        row = {c: v for c, v in row.items() if c not in ("pinnedPost", "pinnedPostCid")}
        if row["uri"] in undated:
            rules["createdAt ignored: the record has none, theirs is the time of the run"] += 1
            row["createdAt"] = None
        elif row["createdAt"] != same_instant_iso(row["createdAt"]):
            rules["createdAt compared as a moment: theirs is not normalised"] += 1
            row["createdAt"] = same_instant_iso(row["createdAt"])
        theirs.append(row)
    return Comparison("profile", ours, theirs, rules)


def list_(db, official):
    ours = []
    for row, record in _rows(db, "lists"):
        ours.append({
            **_common(db, row),
            "name": row["name"],
            "purpose": row["purpose"],
            **_description(record),
        })  # fmt: skip
    return Comparison("list", ours, [_parsed(row) for row in official["list"]])


def feed_generator(db, official):
    ours = []
    for row, record in _rows(db, "feed_generators"):
        ours.append({
            **_common(db, row),
            "feedDid": row["feed_did"],
            "displayName": row["display_name"],
            **_description(record),
        })  # fmt: skip
    return Comparison("feed_generator", ours, [_parsed(row) for row in official["feed_generator"]])


def starter_pack(db, official):
    rules = Counter()
    ours = [{**_common(db, row), "name": row["name"]} for row, _ in _rows(db, "starter_packs")]
    theirs = []
    for row in official["starter_pack"]:
        if row["uri"] in official.records:
            theirs.append(row)
        else:
            rules["dropped: left behind by a deleted account"] += 1
    return Comparison("starter_pack", ours, theirs, rules)


def labeler(db, official):
    ours = [
        _common(db, row, db.path_uri(row["creator_id"], 16, "self"))
        for row, _ in _rows(db, "labelers", "WHERE rkey = 'self'")
    ]
    return Comparison("labeler", ours, official["labeler"])


def thread_gate(db, official):
    return _gate(db, official, "thread_gate", "app.bsky.feed.threadgate")


def post_gate(db, official):
    return _gate(db, official, "post_gate", "app.bsky.feed.postgate")


def _gate(db, official, table, nsid):
    ours = []
    for row, _ in _rows(db, f"{table}s"):
        post_uri = db.uri[row["id"]]
        common = _common(db, row, post_uri.replace("app.bsky.feed.post", nsid))
        del common["sortAt"]
        ours.append({**common, "postUri": post_uri})
    return Comparison(table, ours, official[table])


def _rows(db, table, where=""):
    for row in db.rows(
        f"SELECT t.*, (extract(epoch from created_at) * 1000000)::bigint AS created_us, "
        f"(extract(epoch from commit_time) * 1000000)::bigint AS commit_us FROM {table} t {where}"
    ):
        yield row, decode(bytes.fromhex(row["record"].removeprefix("\\x")))


def _common(db, row, uri=None):
    created, indexed = iso(row["created_us"]), iso(row["commit_us"])
    return {
        "uri": uri or db.uri[row["id"]],
        "cid": cid_text(row["cid"]),
        "creator": db.did[row["creator_id"]],
        "createdAt": created,
        "indexedAt": indexed,
        "sortAt": min(created, indexed),
    }


def _description(record):
    return {
        "description": record.get("description"),
        "descriptionFacets": record.get("descriptionFacets"),
        "avatarCid": blob_cid(record.get("avatar")),
    }


def _parsed(row):
    facets = row["descriptionFacets"]
    return {**row, "descriptionFacets": None if facets is None else json.loads(facets)}
