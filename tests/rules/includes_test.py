#!/usr/bin/env python3
"""Holds the tree to tests/rules/includes.txt: which room may include which, and which rooms may
include the headers of a library.

usage: includes_test.py [ROOT]

Prints each include that the tables do not allow, each room that the first does not list, and each
room that the second lists without need. Exit code 1 if there is any."""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
LIBRARY_INCLUDE = re.compile(r"^\s*#\s*include\s+(<[^>]+)>", re.MULTILINE)
NO_ROOM = ("tests", "bench", "build", "cmake")


def read_table(path):
    """The rooms in the table's order, each with those it may include, and the beginnings of the
    names of libraries' headers, each with the rooms that may include them. A room may name only
    rooms that stand before it, so the table itself has no cycle."""
    allowed = {}
    libraries = {}
    problems = []
    for line in path.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        room, _, others = line.partition(":")
        for other in others.split():
            if other not in allowed:
                problems.append(f"{path.name}: {room} names {other}, which does not stand before it")
        (libraries if room.startswith("<") else allowed)[room] = set(others.split())
    return allowed, libraries, problems


def check(root):
    allowed, libraries, problems = read_table(root / "tests/rules/includes.txt")
    needed = {library: set() for library in libraries}
    for source in sorted(root.rglob("*.[ch]pp")):
        where = source.relative_to(root)
        if where.parts[0] in NO_ROOM or where.parts[0].startswith("."):
            continue
        room = where.parent.as_posix()
        if room not in allowed:
            problems.append(f"{where}: room {room} is not in the table")
            continue
        text = source.read_text()
        for name in LIBRARY_INCLUDE.findall(text):
            for library in filter(name.startswith, libraries):
                needed[library].add(room)
                if room not in libraries[library]:
                    problems.append(f"{where}: {room} may not include {name}>")
        for name in INCLUDE.findall(text):
            if (root / name).exists():
                other = pathlib.PurePosixPath(name).parent.as_posix()
            elif (source.parent / name).exists():
                continue  # beside the file
            else:
                problems.append(f"{where}: \"{name}\" does not exist")
                continue
            if other != room and other not in allowed[room]:
                problems.append(f"{where}: {room} may not include {other} (\"{name}\")")
    for library, rooms in libraries.items():
        for room in sorted(rooms - needed[library]):
            problems.append(f"includes.txt: {room} has no {library}…>, so the table must not list it")
    return problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    problems = check(root)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
