"""Posts, and what the feed shows of them."""

from collections import Counter

from comparison import Comparison, project
from values import cid_text, iso, micros

_COLUMNS = (
    "uri", "cid", "creator", "text", "replyRoot", "replyRootCid", "replyParent", "replyParentCid",
    "createdAt", "indexedAt", "sortAt", "langs", "tags", "violatesThreadGate",
    "violatesEmbeddingRules", "invalidReplyRoot", "hasThreadGate", "hasPostGate",
)  # fmt: skip


def post(db, official):
    rules = Counter()
    ours = []
    for row in db.rows(
        f"SELECT id, creator_id, {micros('created_at')}, {micros('commit_time')}, reply_root_id, "
        "reply_parent_id, cid, reply_root_cid, reply_parent_cid, text, langs, tags, "
        "coalesce(violates_thread_gate, false) AS violates_thread_gate, "
        "coalesce(violates_embedding_rules, false) AS violates_embedding_rules, "
        "coalesce(invalid_reply_root, false) AS invalid_reply_root, "
        "EXISTS (SELECT FROM thread_gates g WHERE g.id = p.id) AS has_thread_gate, "
        "EXISTS (SELECT FROM post_gates g WHERE g.id = p.id) AS has_post_gate FROM posts p"
    ):
        created, indexed = iso(row["created_at"]), iso(row["commit_time"])
        ours.append({
            "uri": db.uri[row["id"]],
            "cid": cid_text(row["cid"]),
            "creator": db.did[row["creator_id"]],
            "text": row["text"],
            "replyRoot": db.uri_or_none(row["reply_root_id"]),
            "replyRootCid": cid_text(row["reply_root_cid"]),
            "replyParent": db.uri_or_none(row["reply_parent_id"]),
            "replyParentCid": cid_text(row["reply_parent_cid"]),
            "createdAt": created,
            "indexedAt": indexed,
            "sortAt": min(created, indexed),
            "langs": row["langs"] or None,
            "tags": row["tags"] or None,
            "violatesThreadGate": row["violates_thread_gate"],
            "violatesEmbeddingRules": row["violates_embedding_rules"],
            "invalidReplyRoot": row["invalid_reply_root"],
            "hasThreadGate": row["has_thread_gate"],
            "hasPostGate": row["has_post_gate"],
        })  # fmt: skip
    gated = {
        "hasThreadGate": {row["postUri"] for row in official["thread_gate"]},
        "hasPostGate": {row["postUri"] for row in official["post_gate"]},
    }
    theirs = []
    for row in project(official["post"], _COLUMNS):
        for flag in ("violatesThreadGate", "violatesEmbeddingRules", "invalidReplyRoot"):
            row[flag] = bool(row[flag])
        for flag, posts in gated.items():
            if bool(row[flag]) != (row["uri"] in posts):
                rules[f"{flag} set right from the gate table"] += 1
            row[flag] = row["uri"] in posts
        theirs.append(row)
    return Comparison("post", ours, theirs, rules)


def feed_item(db, official):
    rules = Counter()
    ours = []
    for row in db.rows(
        f"SELECT originator_id, {micros('sort_at')}, post_id, repost_rkey, "
        "coalesce((SELECT cid FROM reposts r WHERE r.creator_id = f.originator_id "
        "AND r.rkey = f.repost_rkey), (SELECT cid FROM posts p WHERE p.id = f.post_id "
        "AND f.repost_rkey IS NULL)) AS cid FROM feed_items f"
    ):
        post_uri = db.uri[row["post_id"]]
        is_post = row["repost_rkey"] is None
        ours.append({
            "uri": post_uri if is_post else db.path_uri(row["originator_id"], 3, row["repost_rkey"]),
            "cid": cid_text(row["cid"]),
            "type": "post" if is_post else "repost",
            "postUri": post_uri,
            "originatorDid": db.did[row["originator_id"]],
            "sortAt": iso(row["sort_at"]),
        })  # fmt: skip
    return Comparison("feed_item", ours, expected_feed_items(official, rules), rules)


def expected_feed_items(official, rules):
    """The reference's feed items as they should be (docs/ORACLE.md, "Feed items of reposts")."""
    reposts = {row["uri"]: row for row in official["repost"]}
    theirs = []
    for row in official["feed_item"]:
        is_post = row["postUri"].split("/")[3:4] == ["app.bsky.feed.post"]
        if is_post and row["postUri"] not in official.posts:
            rules["dropped: its post is not indexed"] += 1
        elif row["type"] == "repost" and row["uri"] not in reposts:
            rules["dropped: a repost that is not in their repost table"] += 1
        else:
            theirs.append(row)
    present = {row["uri"] for row in theirs}
    for row in reposts.values():
        indexed = official.posts.get(row["subject"], {"indexedAt": ""})["indexedAt"]
        if row["uri"] not in present and row["indexedAt"] < indexed:
            rules["added: a repost from before its post's last version"] += 1
            theirs.append({
                "uri": row["uri"],
                "cid": row["cid"],
                "type": "repost",
                "postUri": row["subject"],
                "originatorDid": row["creator"],
                "sortAt": row["sortAt"],
            })  # fmt: skip
    return theirs


def quote(db, official):
    rules = Counter()
    ours = []
    for row in db.rows(
        f"SELECT id, quoted_id, cid, {micros('created_at')}, {micros('commit_time')}, "
        "coalesce(embed->'record'->'record', embed->'record')->>'cid' AS subject_cid FROM posts "
        "WHERE quoted_id IS NOT NULL"
    ):
        created, indexed = iso(row["created_at"]), iso(row["commit_time"])
        ours.append({
            "uri": db.uri[row["id"]],
            "cid": cid_text(row["cid"]),
            "subject": db.uri[row["quoted_id"]],
            "subjectCid": row["subject_cid"],
            "createdAt": created,
            "indexedAt": indexed,
            "sortAt": min(created, indexed),
        })  # fmt: skip
    return Comparison("quote", ours, expected_quotes(official, rules), rules)


def expected_quotes(official, rules):
    """The reference's quotes as they should be (docs/ORACLE.md, "Quotes")."""
    theirs = []
    for row in official["quote"]:
        if row["uri"] in official.posts:
            theirs.append(row)
        else:
            rules["dropped: the quoting post is gone"] += 1
    present = {row["uri"] for row in theirs}
    for embed in official["post_embed_record"]:
        post_row = official.posts.get(embed["postUri"])
        if post_row is None or embed["postUri"] in present:
            continue
        if embed["embedUri"].split("/")[3:4] == ["app.bsky.feed.post"]:
            rules["added: a quote of a post that was deleted or updated since"] += 1
            theirs.append({
                **{c: post_row[c] for c in ("uri", "cid", "createdAt", "indexedAt", "sortAt")},
                "subject": embed["embedUri"],
                "subjectCid": embed["embedCid"],
            })  # fmt: skip
    return theirs
