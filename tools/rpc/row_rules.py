"""Rules that follow from those of the tables (docs/ORACLE.md): where the official rows of a corpus are not what follows
from its records, the answers from them are not either. Decided by these very rows."""

import json
import pathlib
import sys
from collections import Counter

# The tool beside this one: its reader of rows, and what it says of operations that wait.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

from official import Official
from tables.notifications import _EDGES, _promoted, _waits
from tables.subjects import is_post_uri


class Rows:
    """Error: RuntimeError, OSError."""

    def __init__(self, base):
        self._of = of = Official(base)
        self._indexed = {*of.posts, *of.lists}
        self._counts = _count(of)
        self._gates = {
            name: {row["postUri"] for row in of[table]}
            for name, table in (("has_thread_gate", "thread_gate"), ("has_post_gate", "post_gate"))
        }
        self._reposts = {row["uri"] for row in of["repost"]}
        self._feed = {row["uri"]: row for row in of["feed_item"]}
        self._follows = {(row["creator"], row["subjectDid"]) for row in of["follow"]}
        self._promoted = list(_promoted(of, Counter()))
        self._promoted_uris = {row["recordUri"] for row in self._promoted}

    def counts(self, method, asked, recorded, got):
        """Their stored numbers are stale, or of posts and lists that are not indexed, which have none of ours."""
        subjects, names = {
            "GetInteractionCounts": ("refs", ("likes", "reposts", "replies", "quotes")),
            "GetCountsForUsers": ("dids", ("posts", "following", "followers")),
            "GetListCounts": ("refs", ("list_items",)),
        }[method]
        for i, subject in enumerate(asked[subjects]):
            uri = subject["uri"] if isinstance(subject, dict) else subject
            for name in names:
                right = self._counts[uri, name] if uri in self._indexed or subjects == "dids" else 0
                if got[name][i : i + 1] == [right]:
                    recorded[name][i] = right

    def gates(self, asked, recorded, got):
        """Theirs lose the flag when the post arrives after its gate or is updated."""
        for uri, theirs, ours in zip(asked["uris"], recorded["meta"], got["meta"]):
            for name, posts in self._gates.items():
                if ours[name] and uri in posts:
                    theirs[name] = True

    def feed(self, asked, recorded, got):
        """Items of duplicates and of what is gone are theirs alone, those that an update of the post took are ours."""

        def wrong(item):
            return item["repost"] not in self._reposts | {""} or (is_post_uri(item["uri"]) and item["uri"] not in self._of.posts)

        def lost(item):
            return item["repost"] in self._reposts and item["repost"] not in self._feed

        def place(item):
            row = self._feed[item["repost"] or item["uri"]]
            reader = asked["actor_did"]
            if row["originatorDid"] != reader and (reader, row["originatorDid"]) not in self._follows:
                raise KeyError("not of his feed")
            return row["sortAt"], row["cid"]

        _cut("items", recorded, got, wrong, lost, place)

    def notifications(self, recorded, got):
        def wrong(entry):
            return self._is_wrong(entry["recipient_did"], entry["uri"], entry["reason"])

        def lost(entry):
            return entry["uri"] in self._promoted_uris

        def place(entry):
            seconds, nanos = entry["timestamp"].split(".")
            return int(seconds), int(nanos)

        _cut("notifications", recorded, got, wrong, lost, place)

    def unread(self, asked, recorded, got):
        """Counted with the notifications that the rules of the table drop and add."""
        did = asked["actor_did"]
        theirs = sum(
            row["did"] == did and row["recordUri"] in self._of.records and self._is_wrong(did, row["recordUri"], row["reason"])
            for row in self._of["notification"]
        )
        ours = sum(row["did"] == did for row in self._promoted)
        if got["count"] == recorded["count"] - theirs + ours:
            recorded["count"] = got["count"]

    def _is_wrong(self, recipient, uri, reason):
        to_oneself = uri.startswith(f"at://{recipient}/")
        gone = reason in _EDGES and uri not in self._of.records
        return to_oneself or gone or _waits(self._of, uri)


def _count(of):
    counts = Counter()
    for row in of["like"]:
        counts[row["subject"], "likes"] += 1
    for row in of["repost"]:
        counts[row["subject"], "reposts"] += 1
    for row in of["post"]:
        counts[row["creator"], "posts"] += 1
        if row["replyParent"] and not row["violatesThreadGate"]:
            counts[row["replyParent"], "replies"] += 1
    for row in of["post_embed_record"]:
        counts[row["embedUri"], "quotes"] += row["postUri"] in of.posts
    for row in of["follow"]:
        counts[row["creator"], "following"] += 1
        counts[row["subjectDid"], "followers"] += 1
    for row in of["list_item"]:
        counts[row["listUri"], "list_items"] += 1
    return counts


def _cut(name, recorded, got, wrong, lost, place):
    """Takes the entries out that only one side has, and what the other page holds in their place. Those have to be older than
    all before; otherwise nothing is changed."""
    theirs = [each for each in recorded[name] if not wrong(each)]
    ours = [each for each in got[name] if not lost(each)]
    dropped, added = len(recorded[name]) - len(theirs), len(got[name]) - len(ours)
    common = min(len(theirs), len(ours))
    if not dropped and not added or len(ours) - common > dropped or len(theirs) - common > added:
        return
    try:
        places = [place(each) for each in ours[max(common - 1, 0) :]]
    except KeyError:
        return
    if places == sorted(places, reverse=True):
        recorded[name], got[name] = theirs[:common], ours[:common]
        recorded["cursor"] = got["cursor"] = ""
