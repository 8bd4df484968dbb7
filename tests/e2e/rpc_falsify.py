#!/usr/bin/python3
"""Copies recorded calls, but with one wrong answer of each of ten methods, each wrong in a way of its own.

usage: rpc_falsify.py RECORDING COPY
"""

import json
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "rpc"))

from messages import Interface
from recording import read_calls, write_calls

NOT_FOUND = 5


def other_record(answer):
    known = next(each for each in answer.records if each.cid)
    known.record = json.dumps({**json.loads(known.record), "extra": 1}).encode()


def other_text(answer):
    next(each for each in answer.actors if each.handle).handle += "x"


def other_number(answer):
    answer.likes[next(i for i, likes in enumerate(answer.likes) if likes)] += 1


def not_there(answer):
    next(each for each in answer.relationships if each.following).following = ""


def swapped(answer):
    first, second = answer.items[0].uri, answer.items[1].uri
    if first == second:
        raise IndexError
    answer.items[0].uri, answer.items[1].uri = second, first


def one_less(answer):
    del answer.followers[-1]


def no_cursor(answer):
    if not answer.cursor:
        raise IndexError
    answer.cursor = ""


def one_twice(answer):
    answer.uris.append(answer.uris[-1])


def a_millisecond_later(answer):
    known = next(each for each in answer.records if each.cid)
    known.sorted_at.nanos = (known.sorted_at.nanos + 1_000_000) % 1_000_000_000


FALSE = {
    "GetPostRecords": other_record,
    "GetActors": other_text,
    "GetInteractionCounts": other_number,
    "GetRelationships": not_there,
    "GetTimeline": swapped,
    "GetFollowers": one_less,
    "GetAuthorFeed": no_cursor,
    "GetThread": one_twice,
    "GetLikeRecords": a_millisecond_later,
}


def main():
    recording, copy = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        interface = Interface(directory)
    calls = list(read_calls(recording))
    left = dict(FALSE)
    for call in calls:
        if call.method in left and call.status == 0:
            answer = interface.response(call.method, call.response)
            try:
                left[call.method](answer)
            except (StopIteration, IndexError):
                continue  # nothing in it that could be wrong in this way
            call.response = answer.SerializeToString()
            del left[call.method]
    # The tenth: another status.
    found = next(call for call in calls if call.method == "GetLatestRev" and call.status == 0)
    found.status, found.response = NOT_FOUND, b""
    if left:
        sys.exit(f"no answers to falsify: {', '.join(left)}")
    write_calls(copy, calls)
    shutil.copy(recording.removesuffix(".zst") + ".meta.json", copy + ".meta.json")


if __name__ == "__main__":
    main()
