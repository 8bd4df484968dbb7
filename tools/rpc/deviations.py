"""Rules about rows: where the official tables themselves are not what they should be (docs/ORACLE.md).

The tables are compared by tools/oracle; what it drops from the reference's rows, or adds to them, is
dropped from the recorded answers, or from those that were got, here."""

import pathlib
import sys
from collections import Counter

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

from official import Official  # noqa: E402
from tables import counts, notifications, posts  # noqa: E402

_FEEDS = {"GetAuthorFeed", "GetTimeline", "GetListFeed"}
# By method: the field with the asked subjects, and the answer's lists with the columns that they show.
_COUNTS = {
    "GetInteractionCounts": (
        "refs",
        {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quotes": "quoteCount"},
    ),
    "GetCountsForUsers": (
        "dids",
        {"posts": "postsCount", "following": "followsCount", "followers": "followersCount"},
    ),
    "GetListCounts": ("refs", {"list_items": "memberCount"}),
}


class Deviations:
    """base: the corpus, whose official rows are read."""

    def __init__(self, base):
        official = Official(base)
        self._gone = official.gone
        self._feed_dropped, self._feed_added = _changes(
            official["feed_item"], posts.expected_feed_items(official, Counter()), lambda row: row["uri"]
        )
        self._quotes_dropped, self._quotes_added = _changes(
            official["quote"], posts.expected_quotes(official, Counter()), lambda row: row["uri"]
        )
        self._told_dropped, self._told_added = _changes(
            official["notification"],
            notifications.expected_notifications(official, official.gone, Counter()),
            lambda row: (row["did"], row["recordUri"], row["reason"]),
        )
        # What the reads of the official server leave out by themselves.
        self._told_unread = Counter(did for did, uri, _ in self._told_dropped if uri in official.records)
        self._counts = {**counts.posts_by_official_rows(official), **counts.users_by_official_rows(official)}
        for row in official["list_item"]:
            if row["listUri"] in official.lists:
                self._counts.setdefault(row["listUri"], Counter())["memberCount"] += 1
        # What the official server answers, right or not.
        self._stored = {row["uri"]: row for row in official["post_agg"]}
        self._stored |= {row["did"]: row for row in official["profile_agg"]}
        for row in official["list_item"]:
            stored = self._stored.setdefault(row["listUri"], {})
            stored["memberCount"] = stored.get("memberCount", 0) + 1
        self._posts = official.posts
        self._gates = {
            flag: {row["postUri"] for row in official[table]}
            for flag, table in (("has_thread_gate", "thread_gate"), ("has_post_gate", "post_gate"))
        }
        self._unread_added = Counter(did for did, _, _ in self._told_added)

    def feed_items(self, method, request, recorded, got):
        """Of reposts that do not count, and of reposts whose post has been updated."""
        if method in _FEEDS:
            name = lambda item: item["repost"] or item["uri"]  # noqa: E731
            if method == "GetTimeline":
                own = f"at://{request['actor_did']}/"
                _leave_out_more_own(own, recorded, got, self._feed_dropped, name)
                _leave_out_more_own(own, got, recorded, self._feed_added, name)
            _leave_out("items", recorded, got, self._feed_dropped, self._feed_added, name)

    def accounts(self, method, request, recorded, got):
        """Deleted ones, which the official server creates again if a commit arrives after the deletion."""
        if method == "GetActors":
            for did, theirs, ours in zip(request["dids"], recorded["actors"], got["actors"]):
                if did in self._gone and not ours["exists"]:
                    theirs.clear()
                    theirs.update(ours)
        elif method == "GetFollows":
            _leave_out("follows", recorded, got, self._gone, (), lambda each: each["subject_did"])
        elif method == "GetFollowers":
            _leave_out("followers", recorded, got, self._gone, (), lambda each: each["actor_did"])
        elif method == "GetListMembers":
            _leave_out("listitems", recorded, got, self._gone, (), lambda each: each["did"])

    def quotes(self, method, _, recorded, got):
        """By posts that are gone, and of posts that have been updated."""
        if method == "GetQuotesBySubjectSorted":
            _leave_out("uris", recorded, got, self._quotes_dropped, self._quotes_added, lambda uri: uri)

    def notifications(self, method, request, recorded, got):
        """To oneself, to deleted accounts, of likes and reposts that are parked, of duplicates that count now."""
        if method == "GetNotifications":
            name = lambda each: (each["recipient_did"], each["uri"], each["reason"])  # noqa: E731
            _leave_out("notifications", recorded, got, self._told_dropped, self._told_added, name)
        elif method == "GetUnreadNotificationCount":
            did = request["actor_did"]
            recorded["count"] += self._unread_added[did] - self._told_unread[did]

    def counts(self, method, request, recorded, got):
        """The recorded number is the stored one, which is stale; right is what the official rows count to."""
        subjects, columns = _COUNTS.get(method, (None, {}))
        for field, column in columns.items():
            for i, subject in enumerate(request[subjects]):
                key = subject["uri"] if isinstance(subject, dict) else subject
                right = self._counts.get(key, Counter())[column]
                stored = self._stored.get(key, {}).get(column, 0)
                if recorded[field][i : i + 1] == [stored] and got[field][i : i + 1] == [right]:
                    recorded[field][i] = right

    def gates(self, method, request, recorded, got):
        """The official server loses its flags when a post comes after its gate or is updated."""
        if method != "GetPostRecords":
            return
        for uri, theirs, ours in zip(request["uris"], recorded["meta"], got["meta"]):
            post = self._posts.get(uri, {})
            for (flag, posts_with), column in zip(self._gates.items(), ("hasThreadGate", "hasPostGate")):
                if theirs[flag] == bool(post.get(column)) and ours[flag] == (uri in posts_with):
                    theirs[flag] = ours[flag]


def _changes(before, after, name):
    """What is only in the one and only in the other."""
    old, new = {name(row) for row in before}, {name(row) for row in after}
    return old - new, new - old


def _leave_out_more_own(own, side, other, without, name):
    """Where entries that only one side has by right take the room, the viewer's own or others, the other has as many
    more of the viewer's own."""
    places = [i for i, item in enumerate(other["items"]) if name(item).startswith(own)]
    more = len(places) - sum(name(item).startswith(own) and name(item) not in without for item in side["items"])
    if 0 < more <= sum(name(item) in without for item in side["items"]):
        for i in reversed(places[-more:]):
            del other["items"][i]


def _leave_out(field, recorded, got, dropped, added, name):
    """Entries that only one side has by right. A page from which some are missing goes on with others,
    so then the shorter list has to be the beginning of the longer one, and either may go on."""
    sides = (recorded, dropped), (got, added)
    kept = [[entry for entry in side[field] if name(entry) not in without] for side, without in sides]
    if [len(side[field]) for side, _ in sides] == [len(entries) for entries in kept]:
        return
    shorter = min(map(len, kept))
    for (side, _), entries in zip(sides, kept):
        side[field], side["cursor"] = entries[:shorter], ""
