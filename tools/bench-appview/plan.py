"""Writes what bench.py measures, as JSON. See scripts/bench-appview.

usage: plan.py CONNINFO KEY_FILE REQUESTS ROUNDS [NAME URL LOG DATAPLANE TABLE_BYTES INDEX_BYTES REWRITTEN_BYTES APPVIEW_PID DATAPLANE_PID POSTGRES_PID]...

CONNINFO: our database, from which people and posts are chosen: those with the most of everything first. "timelines" has people
by the number of their follows, if there are at least 20 of each number. DATAPLANE - is no data plane to ask alone.
"""

import json
import sys

from psql import query

_FIELDS = 10
_TIMELINES = (10, 100, 500)
_FEWEST = 20


def main():
    conninfo, key, requests, rounds, *words = sys.argv[1:]

    def column(sql):
        return [row[0] for row in query(conninfo, sql)]

    systems = []
    for i in range(0, len(words), _FIELDS):
        name, url, log, dataplane, tables, indexes, rewritten, *pids = words[i : i + _FIELDS]
        systems.append({
            "name": name, "url": url, "log": log, "dataplane": dataplane,
            "disk": {"tables": int(tables), "indexes": int(indexes), "rewritten": int(rewritten)},
            "pids": dict(zip(("appview", "dataplane", "postgres"), map(int, pids))),
        })  # fmt: skip
    active = "FROM users JOIN user_aggregates ON user_id = id WHERE indexed_at IS NOT NULL AND status IS NULL AND handle IS NOT NULL"
    timelines = {
        number: column(f"SELECT did {active} AND follows_count = {number} ORDER BY did LIMIT 500") for number in _TIMELINES
    }
    print(json.dumps({
        "systems": systems, "key": key, "requests": int(requests), "rounds": int(rounds),
        "timelines": {number: people for number, people in timelines.items() if len(people) >= _FEWEST},
        "people": column(f"SELECT did {active} ORDER BY follows_count + followers_count DESC, did LIMIT 5000"),
        "posts": column(
            "SELECT 'at://' || did || '/app.bsky.feed.post/' || rkey FROM post_aggregates JOIN uris ON uris.id = post_id"
            " JOIN users ON users.id = repo_id WHERE status IS NULL AND collection = 1"
            " ORDER BY like_count + reply_count DESC, did, rkey LIMIT 20000"
        ),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
