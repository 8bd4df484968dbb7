#!/usr/bin/env python3
"""Starts a node again and again and kills each with SIGKILL at a random moment.

usage: kill_loop.py CONNINFO KILLS SEED FIRST_SEQ LAST_SEQ LOG COMMAND...

The moments are KILLS random sequence numbers. When the database has got that far, or at once if it
has been there already, a random pause follows, so that the kill hits any stage of the work, the start
included. Each kill is proven to have hit a running process. Exit code 0 if all did.
"""

import random
import signal
import sys
import time

from child import start
from psql import Repeated

_POLL_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.03  # behind the awaited sequence number
_LONGEST_START_SECONDS = 0.3  # of a node that is killed without waiting for one
_DEADLINE_SECONDS = 120


class Progress:
    """How far the database is."""

    def __init__(self, conninfo):
        self._session = Repeated(conninfo, "SELECT max(seq) FROM firehose_cursor")

    def highest_seq(self):
        return int(self._session.ask() or -1)

    def close(self):
        self._session.close()


def _kill_one(node, progress, at, pause):
    deadline = time.monotonic() + _DEADLINE_SECONDS
    reached = progress.highest_seq()
    while reached < at:
        if node.poll() is not None:
            raise RuntimeError(f"prismd ended by itself with {node.returncode} before seq {at}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"seq {at} not reached in {_DEADLINE_SECONDS} s, now {reached}")
        time.sleep(_POLL_SECONDS)
        reached = progress.highest_seq()
    time.sleep(pause)
    node.kill()
    # Anything but SIGKILL as the cause of its end means that the kill came too late.
    if node.wait() != -signal.SIGKILL:
        raise RuntimeError(f"prismd had ended by itself with {node.returncode} before the kill")
    return progress.highest_seq()


def main(arguments):
    conninfo, kills, seed, first, last, log_path = arguments[:6]
    command = arguments[6:]
    moments = random.Random(int(seed))
    points = sorted(moments.randint(int(first), int(last) - 1) for _ in range(int(kills)))
    progress = Progress(conninfo)
    with open(log_path, "ab") as log:
        for number, point in enumerate(points, 1):
            begin = progress.highest_seq()
            longest = _LONGEST_START_SECONDS if begin >= point else _LONGEST_PAUSE_SECONDS
            node = start(command, log)
            try:
                reached = _kill_one(node, progress, point, moments.uniform(0, longest))
            except RuntimeError as error:
                print(f"kill {number}: {error}", file=sys.stderr)
                return 1
            finally:
                if node.poll() is None:
                    node.kill()
                    node.wait()
            print(
                f"kill {number}: from seq {begin}, aimed at {point}, durable {reached}",
                file=sys.stderr,
            )
    progress.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 8:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
