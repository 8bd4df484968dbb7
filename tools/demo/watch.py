#!/usr/bin/env python3
"""Shows what a node does until it has caught up.

usage: watch.py PID METRICS_URL SECONDS

Caught up means that everything read is committed and nothing came for a second. Prints how it goes
on the standard error, and at the end `FRAMES SECONDS` on the standard output, counted from the first
sign of a frame. Exit code 1 if the process ends before, or SECONDS pass.
"""

import os
import re
import sys
import time
import urllib.error
import urllib.request

_QUIET_SECONDS = 1.0
_POLL_SECONDS = 0.05
_SHOW_SECONDS = 0.5
_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9.eE+-]+)$", re.MULTILINE)


def _read(url):
    """The metrics, summed over their labels; None while nobody listens yet."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None
    sums = {}
    for name, value in _SAMPLE.findall(text):
        sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main(arguments):
    pid, url, limit = int(arguments[0]), arguments[1], float(arguments[2])
    deadline = time.monotonic() + limit
    first = last = shown = None
    frames = rows = 0
    while time.monotonic() < deadline:
        alive = _is_alive(pid)
        began, metrics = time.monotonic(), _read(url)
        now = time.monotonic()
        if metrics is None:
            if not alive:
                print("prismd ended by itself", file=sys.stderr)
                return 1
            time.sleep(_POLL_SECONDS)
            continue
        read = metrics.get("prism_firehose_frames_total", 0)
        done = metrics.get("prism_ops_total", 0)
        if read > 0 and first is None:
            first = last = now
        if (read, done) != (frames, rows):
            last = now
        frames, rows = read, done
        if first is not None and (shown is None or now - shown >= _SHOW_SECONDS):
            shown = now
            print(f"   {frames:,.0f} frames, {rows:,.0f} rows written or deleted", file=sys.stderr)
        is_durable = metrics.get("prism_firehose_durable_seq") == metrics.get(
            "prism_firehose_last_seq"
        )
        if first is not None and is_durable and began - last >= _QUIET_SECONDS:
            print(f"{frames:.0f} {max(last - first, _POLL_SECONDS):.3f}")
            return 0
        time.sleep(_POLL_SECONDS)
    print(f"not caught up after {limit:.0f} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
