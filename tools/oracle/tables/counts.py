"""Counts, against those that follow from the official rows.

The official aggregates themselves are not exact: after the deletion of an account they stay as they
were, and quotes are counted by the quoted version's CID. So the numbers to be met are counted here,
from the official likes, reposts, posts, embeds and follows; the stored ones are compared only for
information.
"""

from collections import Counter

from comparison import Comparison
from values import is_post_uri

_POST_COLUMNS = ("likeCount", "repostCount", "replyCount", "quoteCount")
_USER_COLUMNS = ("followersCount", "followsCount", "postsCount")


def post_counts(db, official):
    """Every indexed post; one without a row of counts has zeros."""
    ours, theirs = _our_posts(db), posts_by_official_rows(official)
    known = {db.uri[row["id"]] for row in db.rows("SELECT id FROM posts")} | set(official.posts)
    return Comparison(
        "post_counts", _listed(known, ours, _POST_COLUMNS), _listed(known, theirs, _POST_COLUMNS)
    )


def other_counts(db, official):
    """Counts that are not zero of what is no indexed post: feed generators, posts not there yet."""
    ours, theirs = _our_posts(db), posts_by_official_rows(official)
    rest = {
        uri
        for counts in (ours, theirs)
        for uri, numbers in counts.items()
        if any(numbers.values()) and uri not in official.posts
    }
    return Comparison(
        "other_counts", _listed(rest, ours, _POST_COLUMNS), _listed(rest, theirs, _POST_COLUMNS)
    )


def user_counts(db, official):
    ours, theirs = _our_users(db), users_by_official_rows(official)
    everyone = set(ours) | set(theirs)
    return Comparison(
        "user_counts",
        _listed(everyone, ours, _USER_COLUMNS, "did"),
        _listed(everyone, theirs, _USER_COLUMNS, "did"),
    )


def users_by_official_rows(official):
    counts = {}
    for row in official["follow"]:
        _add(counts, row["subjectDid"], "followersCount")
        _add(counts, row["creator"], "followsCount")
    for row in official["post"]:
        _add(counts, row["creator"], "postsCount")
    return counts


def list_counts(db, official):
    """The official AppView counts when asked."""
    ours, theirs = {}, {}
    for row in db.rows("SELECT list_id, member_count FROM list_aggregates WHERE member_count <> 0"):
        ours[db.uri[row["list_id"]]] = {"memberCount": row["member_count"]}
    for row in official["list_item"]:
        if row["listUri"] in official.lists:
            _add(theirs, row["listUri"], "memberCount")
    every = set(ours) | set(theirs)
    return Comparison(
        "list_counts",
        _listed(every, ours, ("memberCount",)),
        _listed(every, theirs, ("memberCount",)),
    )


def post_agg_as_stored(db, official):
    """Posts that either side has; the reference's rows of deleted posts are left out."""
    theirs = {row["uri"]: row for row in official["post_agg"]}
    known = set(official.posts)
    return Comparison(
        "post_agg_as_stored",
        _listed(known, _our_posts(db), _POST_COLUMNS),
        _listed(known, theirs, _POST_COLUMNS),
    )


def profile_agg_as_stored(db, official):
    ours = _our_users(db)
    theirs = {row["did"]: row for row in official["profile_agg"]}
    everyone = set(ours) | set(theirs)
    return Comparison(
        "profile_agg_as_stored",
        _listed(everyone, ours, _USER_COLUMNS, "did"),
        _listed(everyone, theirs, _USER_COLUMNS, "did"),
    )


def posts_by_official_rows(official):
    counts = {}
    for table, column in (("like", "likeCount"), ("repost", "repostCount")):
        for row in official[table]:
            if row["subject"] in official.posts or not is_post_uri(row["subject"]):
                _add(counts, row["subject"], column)
    for row in official["post"]:
        if row["replyParent"] and not row["violatesThreadGate"]:
            _add(counts, row["replyParent"], "replyCount")
    quotes = {
        (row["postUri"], row["embedUri"])
        for row in official["post_embed_record"]
        if row["postUri"] in official.posts
        and row["embedUri"].split("/")[3:4] == ["app.bsky.feed.post"]
    }
    for _, subject in quotes:
        _add(counts, subject, "quoteCount")
    return counts


def _our_posts(db):
    return {
        db.uri[row["post_id"]]: {
            "likeCount": row["like_count"],
            "repostCount": row["repost_count"],
            "replyCount": row["reply_count"],
            "quoteCount": row["quote_count"],
        }
        for row in db.rows("SELECT * FROM post_aggregates")
    }


def _our_users(db):
    return {
        db.did[row["user_id"]]: {
            "followersCount": row["followers_count"],
            "followsCount": row["follows_count"],
            "postsCount": row["posts_count"],
        }
        for row in db.rows("SELECT * FROM user_aggregates")
    }


def _add(counts, key, column):
    counts.setdefault(key, Counter())[column] += 1


def _listed(keys, counts, columns, name="uri"):
    rows = []
    for key in keys:
        numbers = counts.get(key, {})
        rows.append({name: key, **{column: numbers.get(column, 0) for column in columns}})
    return rows
