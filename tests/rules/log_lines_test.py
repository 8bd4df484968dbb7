#!/usr/bin/env python3
"""Holds docs/LOG.md to the log lines that the program writes.

usage: log_lines_test.py [ROOT]

Each message in the first column of its table must be written by some source
file: its pieces between "…" must stand in strings of one file. Digits, N and PATH stand for any
value, as "…" does. No source may log past the components of
log/log.hpp. Exit code 1 if a message is not found, or a source does."""

import pathlib
import re
import sys

SOURCES = ("actors", "atproto", "config", "core", "db", "log", "metrics", "net", "tools/prismd")
TOKEN = re.compile(r'//[^\n]*|R"(\w*)\(.*?\)\1"|\'(?:[^\'\\]|\\.)\'|"((?:[^"\\]|\\.)*)"', re.DOTALL)
# What stands for a value: in the document "…" or digits, in the sources a placeholder of fmt.
VALUE = re.compile(r"(?:did:|at://)?…|\{[^{}]*\}|\bN\b|PATH|\d+(?:\.\d+)?")

PAST_COMPONENTS = re.compile(r"spdlog::(?:trace|debug|info|warn|error|critical|log|default_logger)\(")


def strings_of(text):
    """The string literals of a source file, adjacent ones joined."""
    joined = []
    end = None
    for found in TOKEN.finditer(text):
        if found.group(2) is None:
            continue
        piece = found.group(2).replace('\\"', '"')
        if end is not None and not text[end:found.start()].strip():
            joined[-1] += piece
        else:
            joined.append(piece)
        end = found.end()
    return joined


def pieces(message):
    return [piece for piece in (part.strip() for part in VALUE.split(message)) if len(piece) > 1]


def stands_in(wanted, literals):
    return all(any(piece in literal for literal in literals) for piece in wanted)


def documented(text):
    for line in text.splitlines():
        if line.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    files = []
    problems = []
    for folder in SOURCES:
        for source in (root / folder).rglob("*.[ch]pp"):
            text = source.read_text()
            if PAST_COMPONENTS.search(text):
                problems.append(f"{source.relative_to(root)}: logs without a component; see log/log.hpp")
            files.append([VALUE.sub("…", each) for each in strings_of(text)])
    messages = list(documented((root / "docs/LOG.md").read_text()))
    missing = [each for each in messages
               if not any(stands_in(pieces(each), literals) for literals in files)]
    for each in missing:
        print(f"docs/LOG.md: no source writes `{each}`")
    if not messages:
        print("docs/LOG.md: no messages found")
    for each in problems:
        print(each)
    sys.exit(1 if missing or problems or not messages else 0)


main()
