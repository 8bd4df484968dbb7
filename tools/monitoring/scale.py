#!/usr/bin/env python3
"""Prints the rules with all their times divided, so that a test need not wait for minutes.

usage: scale.py FACTOR FILE

Divided are windows, `for`, and thresholds of ages in seconds (`…_age_seconds > 60`)."""

import re
import sys

from promql import seconds

_TIMES = re.compile(r"(\[)([0-9a-z]+)(\])|(\bfor: )([0-9a-z]+)()")
_AGES = re.compile(r"(_(?:age|lag|staleness)_seconds [<>] )(\d+)")


def _duration(total):
    for unit, size in (("m", 60), ("s", 1)):
        if total >= size and total % size == 0:
            return f"{int(total // size)}{unit}"
    return f"{max(1, round(total * 1000))}ms"


def scaled(rules, factor):
    def time(found):
        before, length, after = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
        total = seconds(length)
        return found[0] if total is None else f"{before}{_duration(total / factor)}{after}"

    rules = _TIMES.sub(time, rules)
    return _AGES.sub(lambda found: f"{found[1]}{int(found[2]) / factor:g}", rules)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    with open(sys.argv[2]) as file:
        print(scaled(file.read(), float(sys.argv[1])), end="")
