"""Rules about rows: where the official tables themselves are not what they should be (docs/ORACLE.md).

The tables are compared by tools/oracle; what it drops from the reference's rows, or adds to them, is
dropped from the recorded answers, or from those that were got, here."""

import itertools
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
# Lists of people by method: the field, the account in its entries, and what is asked for.
_PEOPLE = {
    "GetFollows": ("follows", "subject_did", "actor_did"),
    "GetFollowers": ("followers", "actor_did", "actor_did"),
    "GetListMembers": ("listitems", "did", "list_uri"),
}


class Deviations:
    """base: the corpus, whose official rows are read."""

    def __init__(self, base):
        official = Official(base)
        self._gone = official.gone
        self._stranded = official.stranded
        self._follows_added = {
            (row["creator"], row["subjectDid"]) for row in official["follow"] if row["uri"] in official.stranded
        }
        self._ranks = {
            row["uri"]: (row["sortAt"], row["cid"]) for table in ("follow", "list_item") for row in official[table]
        }
        self._lists = official.lists
        # Left behind by deleted accounts.
        self._packs_left = {row["uri"] for row in official["starter_pack"] if row["uri"] not in official.records}
        self._ends = {
            "GetFollows": _ends(official["follow"], "creator", "subjectDid", self._gone),
            "GetFollowers": _ends(official["follow"], "subjectDid", "creator", self._gone),
            "GetListMembers": _ends(official["list_item"], "listUri", "subjectDid", self._gone),
        }
        self._feed_dropped, self._feed_added = _changes(
            official["feed_item"], posts.expected_feed_items(official, Counter()), lambda row: row["uri"]
        )
        quotes = posts.expected_quotes(official, Counter())
        self._quotes_dropped, self._quotes_added = _changes(official["quote"], quotes, lambda row: row["uri"])
        self._last_quotes = _ends(quotes, "subject", "uri", ())
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
            if row["uri"] in official.stranded:
                continue
            stored = self._stored.setdefault(row["listUri"], {})
            stored["memberCount"] = stored.get("memberCount", 0) + 1
        self._posts = official.posts
        self._gates = {
            flag: {row["postUri"] for row in official[table]}
            for flag, table in (("has_thread_gate", "thread_gate"), ("has_post_gate", "post_gate"))
        }
        self._unread_added = Counter(did for did, _, _ in self._told_added)

    def feed_items(self, method, request, recorded, got):
        """Of reposts that do not count, of reposts whose post has been updated, and the same one twice in the timeline
        of an account that follows itself."""
        if method in _FEEDS:
            if method == "GetTimeline":
                _leave_out_repeated(recorded, got)
                own = f"at://{request['actor_did']}/"
                _leave_out_more_own(own, recorded, got, self._feed_dropped, _shown)
                _leave_out_more_own(own, got, recorded, self._feed_added, _shown)
            _leave_out("items", recorded, got, self._feed_dropped, self._feed_added, _shown)

    def accounts(self, method, request, recorded, got):
        """Deleted ones, which the official server creates again if a commit arrives after the deletion; and their
        starter packs, which it keeps."""
        if method == "GetActors":
            for did, theirs, ours in zip(request["dids"], recorded["actors"], got["actors"]):
                if did in self._gone and not ours["exists"]:
                    theirs.clear()
                    theirs.update(ours)
        elif method == "GetRelationships":
            for did, theirs, ours in zip(request["target_dids"], recorded["relationships"], got["relationships"]):
                if did in self._gone and not any(ours.values()):
                    theirs.clear()
                    theirs.update(ours)
        elif method == "GetActorStarterPacks":
            _leave_out("uris", recorded, got, self._packs_left, (), lambda uri: uri)
        elif method == "GetCountsForUsers":
            left = Counter(map(_owner, self._packs_left))
            recorded["starter_packs"] = [
                count - left[did] for did, count in zip(request["dids"], recorded["starter_packs"])
            ]
        elif method in _PEOPLE:
            field, did, key = _PEOPLE[method]
            _leave_out(field, recorded, got, self._gone, (), lambda each: each[did])
            # What follows are accounts that are gone.
            end = self._ends[method].get(request.get(key))
            if recorded["cursor"] and not got["cursor"] and got[field] and got[field][-1]["uri"] == end:
                recorded["cursor"] = ""

    def stranded(self, method, request, recorded, got):
        """Follows and list items that count in ours alone, since nothing else of their pair is left."""
        if method in _PEOPLE:
            field, _, _ = _PEOPLE[method]
            _leave_out(field, recorded, got, (), self._stranded, lambda each: each["uri"])
        elif method == "GetRelationships":
            actor = request["actor_did"]
            for did, theirs, ours in zip(request["target_dids"], recorded["relationships"], got["relationships"]):
                for side, pair in (("following", (actor, did)), ("followed_by", (did, actor))):
                    if not theirs[side] and ours[side] in self._stranded and pair in self._follows_added:
                        theirs[side] = ours[side]
        elif method == "GetFollowsFollowing":
            for target, ours in zip(request["target_dids"], got["results"]):
                pairs = {did: {(request["actor_did"], did), (did, target)} for did in ours["dids"]}
                ours["dids"] = [did for did in ours["dids"] if not pairs[did] & self._follows_added]
        elif method == "GetKnownLikers":
            for ours in got["results"]:
                known = [did for did in ours["dids"] if (request["actor_did"], did) not in self._follows_added]
                ours["count"] -= len(ours["dids"]) - len(known)
                ours["dids"] = known
        elif method == "GetNotifications":
            priority = {_told(each) for each in got["notifications"] if each["priority"]}
            for theirs in recorded["notifications"]:
                followed = (request["actor_did"], _owner(theirs["uri"])) in self._follows_added
                theirs["priority"] = theirs["priority"] or (followed and _told(theirs) in priority)
        elif method == "GetTimeline":
            shown = {_shown(item) for item in got["items"]}
            added = {uri for uri in shown if (request["actor_did"], _owner(uri)) in self._follows_added}
            _leave_out("items", recorded, got, (), added, _shown)

    def equal_records(self, method, _, recorded, got):
        """Two accounts can write the same bytes at one time: neither the time nor the CID orders these."""
        if method in _PEOPLE:
            field, _, _ = _PEOPLE[method]
            for side in recorded, got:
                runs = itertools.groupby(side[field], lambda each: self._ranks.get(each["uri"], each["uri"]))
                side[field] = [each for _, run in runs for each in sorted(run, key=lambda each: each["uri"])]

    def lists(self, method, _, recorded, got):
        """The official server blocks through a list that was deleted, as long as its items are there."""
        if method == "GetRelationships":
            self._without_deleted_lists(recorded["relationships"], got["relationships"])
        elif method == "GetBlockExistence":
            for i in self._without_deleted_lists(recorded["blocks"], got["blocks"]):
                recorded["exists"][i] = any(recorded["blocks"][i].values())

    def _without_deleted_lists(self, recorded, got):
        """@returns the places of the entries that were changed."""
        changed = set()
        for i, (theirs, ours) in enumerate(zip(recorded, got)):
            for side in ("blocked_by_list", "blocking_by_list"):
                if theirs[side] and theirs[side] not in self._lists and not ours[side]:
                    theirs[side] = ""
                    changed.add(i)
        return changed

    def quotes(self, method, request, recorded, got):
        """By posts that are gone, and of posts that have been updated."""
        if method == "GetQuotesBySubjectSorted":
            _leave_out("uris", recorded, got, self._quotes_dropped, self._quotes_added, lambda uri: uri)
            # What follows are quotes by posts that are gone.
            last = self._last_quotes.get(request["subject"]["uri"])
            if recorded["cursor"] and not got["cursor"] and got["uris"][-1:] == [last]:
                recorded["cursor"] = ""

    def notifications(self, method, request, recorded, got):
        """To oneself, to deleted accounts, of likes and reposts that are parked, of duplicates that count now."""
        if method == "GetNotifications":
            _leave_out("notifications", recorded, got, self._told_dropped, self._told_added, _told)
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


def _shown(item):
    return item["repost"] or item["uri"]


def _told(notification):
    return notification["recipient_did"], notification["uri"], notification["reason"]


def _owner(uri):
    return uri.split("/")[2]


def _ends(rows, key, other, gone):
    """By `key`: the uri of the last row in the order of lists whose other account is not gone."""
    last = {}
    for row in rows:
        rank = (row["sortAt"], row["cid"])
        if row[other] not in gone and (row[key] not in last or rank < last[row[key]][0]):
            last[row[key]] = (rank, row["uri"])
    return {each: uri for each, (_, uri) in last.items()}


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
    _cut_to_shorter(field, (recorded, got), kept)


def _leave_out_repeated(recorded, got):
    kept = list({(_shown(item), item["uri"]): item for item in reversed(recorded["items"])}.values())[::-1]
    if len(kept) < len(recorded["items"]):
        _cut_to_shorter("items", (recorded, got), (kept, got["items"]))


def _cut_to_shorter(field, sides, kept):
    shorter = min(map(len, kept))
    for side, entries in zip(sides, kept):
        side[field], side["cursor"] = entries[:shorter], "goes on"
