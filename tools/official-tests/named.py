#!/usr/bin/env python3
"""Why tests are not green: compares the lines of run.sh with later.json, which names how many of each file are not, and why.

usage: named.py LINES EXPECTED.json

EXPECTED.json: what the official data plane reaches. Lines for the reasons, and for each file in which more tests are not green
than are named, or fewer. Exit code 1 if there are more.
"""

import json
import pathlib
import re
import sys
from collections import Counter

_LINE = re.compile(r"^([\w/-]+) (\d+) (\d+) (\d+) (?:as expected|unlike)")


def main():
    lines, expected_path = map(pathlib.Path, sys.argv[1:])
    later = json.loads((pathlib.Path(__file__).parent / "later.json").read_text())
    expected = json.loads(expected_path.read_text())["files"]
    reasons, unnamed = Counter(), 0
    for match in filter(None, map(_LINE.match, lines.read_text().splitlines())):
        name, passed = match[1], int(match[2])
        whole = sum(expected[name][each] for each in ("passed", "failed")) if name in expected else passed + int(match[3])
        named = Counter(later["files"].get(name, {}))
        reasons += named
        more = whole - passed - named.total()
        unnamed += max(more, 0)
        if more:
            print(f"# {name}: {whole - passed} are not green, {named.total()} are named in tools/official-tests/later.json")
    for reason, number in reasons.most_common():
        print(f"# {number} ask for {reason}: {later['reasons'][reason]}")
    print(f"# {unnamed} are not green without a reason that is named")
    sys.exit(1 if unnamed else 0)


if __name__ == "__main__":
    main()
