"""Whether the rows are what prism-synth says that it has streamed."""

import os

from psql import query

# Sums of counters, and the rows that they count.
_COUNTED = {
    "sum of like_count": "like",
    "sum of repost_count": "repost",
    "sum of follows_count": "follow",
    "sum of followers_count": "follow",
    "sum of posts_count": "post",
    "sum of member_count": "list_item",
}


def differences(conninfo, expected):
    """Names whose numbers differ, each with what was expected and what was found. `expected`: the
    totals of prism-synth."""
    with open(os.path.join(os.path.dirname(__file__), "totals.sql"), encoding="utf-8") as file:
        found = {name: int(number) for name, number in query(conninfo, file.read())}
    wanted = {name: number for name, number in expected.items() if name != "record"}
    wanted.update({sums: expected[rows] for sums, rows in _COUNTED.items()})
    wanted["dead letter"] = 0
    return {
        name: [number, found.get(name)] for name, number in wanted.items() if found.get(name) != number
    }
