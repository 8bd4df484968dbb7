#!/usr/bin/python3
"""Makes up calls about the accounts of a database and records what a data plane answers, as tools/rpc/judge.py reads it.

usage: calls.py CONNINFO HOST:PORT OUT [CALLS_OF_EACH_METHOD]

CONNINFO: our database, from which the arguments are taken: half of them are those with the most followers or likes.
"""

import pathlib
import random
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "rpc"))

import grpc  # noqa: E402
from client import Client  # noqa: E402
from messages import Interface  # noqa: E402
from psql import query  # noqa: E402
from recording import Call, write_calls  # noqa: E402

_PER_METHOD = 100
_TABLES = {"GetLikeRecords": "feed.like likes", "GetRepostRecords": "feed.repost reposts", "GetFollowRecords": "graph.follow follows"}


class Arguments:
    def __init__(self, conninfo):
        def column(sql):
            return [row[0] for row in query(conninfo, sql)]

        people = "SELECT did FROM users JOIN user_aggregates ON user_id = id WHERE indexed_at IS NOT NULL"
        self._people = (
            column(f"{people} ORDER BY followers_count DESC, id LIMIT 300"),
            column(f"{people} ORDER BY hashint8(id) LIMIT 3000"),
        )
        post = (
            "SELECT 'at://' || did || '/app.bsky.feed.post/' || rkey FROM post_aggregates JOIN uris ON uris.id = post_id"
            " JOIN users ON users.id = repo_id WHERE collection = 1"
        )
        self._posts = (
            column(f"{post} ORDER BY like_count DESC, post_id LIMIT 300"),
            column(f"{post} ORDER BY hashint8(post_id) LIMIT 3000"),
        )
        self._records = {}
        for method, words in _TABLES.items():
            name, table = words.split()
            self._records[method] = column(
                f"SELECT 'at://' || did || '/app.bsky.{name}/' || rkey FROM {table} JOIN users ON users.id = creator_id"
                " ORDER BY hashint8(creator_id), rkey LIMIT 3000"
            )
        self._random = random.Random(7)

    def _some(self, lists, number):
        return [self._random.choice(self._random.choice(lists)) for _ in range(number)]

    def person(self):
        return self._some(self._people, 1)[0]

    def people(self, number=30):
        return self._some(self._people, number)

    def post(self):
        return self._some(self._posts, 1)[0]

    def posts(self, number=30):
        return self._some(self._posts, number)

    def refs(self, number=30):
        return [{"uri": uri} for uri in self.posts(number)]

    def records(self, method, number=25):
        return self._random.sample(self._records[method], number)

    def feed_type(self):
        return self._random.randrange(4)

    def limit(self):
        return self._random.choice((1, 10, 30, 50, 100))


def methods(of):
    """By method: how its request is made."""
    page = lambda: {"actor_did": of.person(), "limit": of.limit()}  # noqa: E731
    subject = lambda: {"subject": {"uri": of.post()}, "limit": of.limit()}  # noqa: E731
    targets = lambda: {"actor_did": of.person(), "target_dids": of.people()}  # noqa: E731
    refs = lambda: {"actor_did": of.person(), "refs": of.refs()}  # noqa: E731
    return {
        "GetActors": lambda: {"dids": of.people()},
        "GetActorFollowsActors": targets,
        "GetActorLikes": page,
        "GetAuthorFeed": lambda: {**page(), "feed_type": of.feed_type()},
        "GetBlockExistence": lambda: {"pairs": [{"a": a, "b": b} for a, b in zip(of.people(), of.people())]},
        "GetBlocks": page,
        "GetCountsForUsers": lambda: {"dids": of.people()},
        "GetFollowers": page,
        "GetFollows": page,
        "GetFollowsFollowing": targets,
        "GetIdentityByDid": lambda: {"did": of.person()},
        "GetInteractionCounts": lambda: {"refs": of.refs()},
        "GetLatestRev": lambda: {"actor_did": of.person()},
        "GetLikesByActorAndSubjects": refs,
        "GetLikesBySubjectSorted": subject,
        "GetNotifications": page,
        "GetPostRecords": lambda: {"uris": of.posts(), "include_op_thread_metadata": True},
        "GetQuotesBySubjectSorted": subject,
        "GetRelationships": targets,
        "GetRepostsByActorAndSubjects": refs,
        "GetRepostsBySubject": subject,
        "GetThread": lambda: {"post_uri": of.post(), "above": 80, "below": 10},
        "GetTimeline": page,
        "GetUnreadNotificationCount": lambda: {"actor_did": of.person()},
        **{name: lambda name=name: {"uris": of.records(name)} for name in _TABLES},
    }


def main():
    conninfo, host, path, *number = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        interface = Interface(directory)
    client = Client([host])
    calls = []
    for method, make in methods(Arguments(conninfo)).items():
        for _ in range(int(number[0]) if number else _PER_METHOD):
            request = interface.new_request(method, make())
            status, text, response = client.call(method, request)
            if status != "OK":
                print(f"{method}: {status} {text[:200]}", file=sys.stderr)
            calls.append(Call(method, request, grpc.StatusCode[status].value[0], response))
    client.close()
    write_calls(path, calls)


if __name__ == "__main__":
    main()
