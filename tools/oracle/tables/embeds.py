"""What posts embed, and replies of a thread's author: views of columns that posts have."""

from collections import Counter

from comparison import Comparison
from dag_cbor import blob_cid


def post_embed_image(db, official):
    return _compare(db, official, "post_embed_image", _images("images", "images"))


def post_embed_gallery_image(db, official):
    return _compare(db, official, "post_embed_gallery_image", _images("gallery", "items"))


def post_embed_external(db, official):
    def rows(embed):
        if embed.get("$type") == "app.bsky.embed.external":
            external = embed["external"]
            yield {
                "uri": external["uri"],
                "title": external["title"],
                "description": external["description"],
                "thumbCid": blob_cid(external.get("thumb")),
            }

    return _compare(db, official, "post_embed_external", rows)


def post_embed_video(db, official):
    def rows(embed):
        if embed.get("$type") == "app.bsky.embed.video":
            yield {"videoCid": blob_cid(embed["video"]), "alt": embed.get("alt")}

    return _compare(db, official, "post_embed_video", rows)


def post_embed_record(db, official):
    def rows(embed):
        if embed.get("$type") == "app.bsky.embed.record":
            yield {"embedUri": embed["record"]["uri"], "embedCid": embed["record"]["cid"]}

    return _compare(db, official, "post_embed_record", rows)


def op_thread_reply(db, official):
    """Replies that a thread's author wrote in it, whatever lies between."""
    rules = Counter()
    ours = []
    for row in db.rows(
        "SELECT p.id, p.creator_id, p.reply_root_id, p.reply_parent_id FROM posts p "
        "JOIN uris r ON r.id = p.reply_root_id AND r.repo_id = p.creator_id"
    ):
        ours.append({
            "uri": db.uri[row["id"]],
            "rootUri": db.uri[row["reply_root_id"]],
            "parentUri": db.uri_or_none(row["reply_parent_id"]),
        })  # fmt: skip
    theirs = []
    for row in official["op_thread_reply"]:
        post = official.posts.get(row["uri"])
        if post is not None and post["replyRoot"] == row["rootUri"]:
            theirs.append(row)
        else:
            rules["dropped: kept with a date of deletion"] += 1
    return Comparison("op_thread_reply", ours, theirs, rules)


def _images(kind, field):
    def rows(embed):
        if embed.get("$type") == f"app.bsky.embed.{kind}":
            for position, image in enumerate(embed[field]):
                yield {
                    "position": str(position),
                    "imageCid": blob_cid(image["image"]),
                    "alt": image["alt"],
                }

    return rows


def _compare(db, official, table, rows_of):
    ours = [
        {"postUri": db.uri[row["id"]], **columns}
        for row in db.rows("SELECT id, embed FROM posts WHERE embed IS NOT NULL")
        for part in _parts(row["embed"])
        for columns in rows_of(part)
    ]
    rules = Counter()
    theirs = []
    for row in official[table]:
        if row["postUri"] in official.posts:
            theirs.append(row)
        else:
            rules["dropped: its post is not indexed"] += 1
    return Comparison(table, ours, theirs, rules)


def _parts(embed):
    """The embeds in an embed: a record and its media are two."""
    if embed.get("$type") != "app.bsky.embed.recordWithMedia":
        return [embed]
    return [{"$type": "app.bsky.embed.record", **embed["record"]}, embed["media"]]
