"""Where two right answers may differ, and still are one. docs/ORACLE.md ("RPC recordings") says why."""

import datetime
import gzip
import itertools
import json

from messages import first_difference

# Recorded statuses that are errors of the official server: UNKNOWN, INTERNAL.
_EXCUSED = (2, 13)

# Bounds of ours: max_unread and max_thread_replies in db/reads.
_MAX_UNREAD = 10_000
_MAX_REPLIES = 2_000


def excused(status):
    return status in _EXCUSED


def nothing_found(method, tree):
    """Search is not there yet: it has to answer, and with nothing."""
    return method.startswith("Search") and _empty(tree)


def _empty(value):
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return not value


def _each_dict(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _each_dict(each)


def _as_value(data):
    if not data:
        return None  # as the text null: a record that is not there
    try:
        return json.loads(data)
    except ValueError:
        return data


# A rule takes the request and the answers, recorded and got, as plain values, and changes what it is about
# in the answers.


def _identity(method, _, recorded, got, __):
    if method == "GetIdentityByDid":
        recorded["updated"] = got["updated"] = None


def _json(method, _, recorded, got, __):
    names = ("keys", "services") if method == "GetIdentityByDid" else ("record",)
    for each in _each_dict([recorded, got]):
        for name in names:
            if isinstance(each.get(name), bytes):
                each[name] = _as_value(each[name])


def _pds(method, _, recorded, got, known):
    if method == "GetIdentityByDid" and known.pds:
        for tree in (recorded, got):
            tree["services"] = _as_value(tree["services"]) if isinstance(tree["services"], bytes) else tree["services"]
        theirs, ours = ((tree["services"] or {}).get("atproto_pds") for tree in (recorded, got))
        if theirs and ours and ours.get("URL") == known.pds:
            ours["URL"] = theirs.get("URL")


def _sets(method, _, recorded, got, __):
    for tree in (recorded, got):
        if method == "GetFollowsFollowing":
            for each in tree["results"]:
                each["dids"].sort()
        elif method == "GetPostRecords":
            tree["op_threads"].sort(key=lambda thread: thread["root_uri"])


def _week(method, _, recorded, got, __):
    if method == "GetStarterPackCounts":
        recorded["joined_week"], got["joined_week"] = len(recorded["joined_week"]), len(got["joined_week"])


def _ties(method, _, recorded, got, known):
    for tree in (recorded, got):
        if method == "GetThread":
            tree["uris"] = known.settle(tree["uris"], lambda uri: uri)
        elif method == "GetKnownLikers":
            for each in tree["results"]:
                each["dids"] = known.settle(each["dids"], lambda did, of=each: f"{did} {of['subject_uri']}")
        elif method == "GetNotifications":
            tree["notifications"] = known.settle_notifications(tree["notifications"], tree["cursor"] != "")


def _cursor(_, __, recorded, got, ___):
    for each in _each_dict([recorded, got]):
        if isinstance(each.get("cursor"), str):
            each["cursor"] = each["cursor"] and "some"


def _sitemap(method, _, recorded, got, __):
    if method == "GetSitemapIndex" and b"<sitemap>" not in gzip.decompress(got["sitemap"]):
        recorded["sitemap"] = got["sitemap"]


def _bounds(method, _, recorded, got, __):
    """Only an answer that reaches a bound of ours may have less."""
    if method == "GetUnreadNotificationCount" and got["count"] == _MAX_UNREAD:
        recorded["count"] = min(recorded["count"], _MAX_UNREAD)
    elif method == "GetThread" and len(got["uris"]) > _MAX_REPLIES:
        ours = set(got["uris"])
        recorded["uris"] = [uri for uri in recorded["uris"] if uri in ours]


def _by_rows(name):
    def rule(method, request, recorded, got, known):
        if known.deviations:
            getattr(known.deviations, name)(method, request, recorded, got)

    return rule


_RULES = {
    "sitemap": _sitemap,
    "bounds": _bounds,
    "deleted accounts": _by_rows("accounts"),
    "stranded duplicates": _by_rows("stranded"),
    "deleted lists": _by_rows("lists"),
    "equal records": _by_rows("equal_records"),
    "feed items": _by_rows("feed_items"),
    "quotes": _by_rows("quotes"),
    "notifications": _by_rows("notifications"),
    "counts": _by_rows("counts"),
    "gates": _by_rows("gates"),
    "identity": _identity,
    "json": _json,
    "pds": _pds,
    "sets": _sets,
    "week": _week,
    "ties": _ties,
    "cursor": _cursor,
}


class Known:
    """What the rules have to know.

    ties: of NAME.rpc.meta.json, entries that share a millisecond in lists by time alone
    pds: the URL of the server that plays the corpus' PDSes, if one does
    deviations: of the official rows (deviations.py), if they are known"""

    def __init__(self, ties, pds=None, deviations=None):
        self.pds, self.deviations = pds, deviations
        groups = [*ties.get("threads", []), *ties.get("likers", [])]
        self._group = {entry: i for i, group in enumerate(groups) for entry in group}
        self._notifications = set(ties.get("notifications", []))

    def settle(self, entries, key):
        """Runs of one group in a fixed order."""
        # An entry of no group is a run by itself: its place.
        numbered = [(self._group.get(key(entry), f"alone {i}"), entry) for i, entry in enumerate(entries)]
        runs = itertools.groupby(numbered, key=lambda pair: pair[0])
        return [entry for _, run in runs for entry in sorted(entry for _, entry in run)]

    def settle_notifications(self, entries, goes_on):
        """The same; where such a run ends a page that goes on, only how many they are."""
        out = []
        for moment, run in itertools.groupby(entries, key=lambda entry: entry["timestamp"]):
            run = list(run)
            at_end = len(out) + len(run) == len(entries)
            if f"{run[0]['recipient_did']} {_iso(moment)}" not in self._notifications:
                out += run
            elif goes_on and at_end:
                out.append(f"{len(run)} of {moment}")
            else:
                out += sorted(run, key=repr)
        return out


def _iso(moment):
    seconds, nanos = moment.split(".")
    date = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{nanos[:3]}Z"


def sitemap(method, status):
    """The official server has a fixed example of a sitemap; that there is none is right."""
    return method == "GetSitemapPage" and status == "NOT_FOUND"


def compare(method, request, recorded, got, known):
    """recorded, got: functions that make the plain answers, each time anew.
    @returns the first difference or None, and the names of the rules without which there would be one."""

    def difference(names):
        trees = recorded(), got()
        for name in names:
            _RULES[name](method, request, *trees, known)
        return first_difference(*trees)

    found = difference(_RULES)
    if found or not difference(()):
        return found, []
    return None, [each for each in _RULES if difference([name for name in _RULES if name != each])]
