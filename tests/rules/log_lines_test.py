#!/usr/bin/env python3
"""Holds docs/LOG.md to the log lines that the program writes, and the other way round.

usage: log_lines_test.py [ROOT]

Each message in the first column of its table must be written by some source file: its pieces between
"…" must stand in strings of one file. Each line that a source logs as a warning or an error must be in
that column: the text of `log::shard().warn("…", …)` must be a message of the table, but for values that
only one of both writes out. A text that is nothing but a value ("{}") is not looked for. Digits, N and
PATH stand for any value, as "…" does. No source may log past the components of log/log.hpp. Exit code 1
if a message or a line is not found, or a source logs past the components."""

import pathlib
import re
import sys

SOURCES = ("actors", "atproto", "config", "core", "dataplane", "db", "inspect", "log", "messages", "metrics", "net",
           "tools/prismd")
TOKEN = re.compile(r'//[^\n]*|R"(\w*)\(.*?\)\1"|\'(?:[^\'\\]|\\.)\'|"((?:[^"\\]|\\.)*)"', re.DOTALL)
# What stands for a value: in the document "…" or digits, in the sources a placeholder of fmt.
VALUE = re.compile(r"(?:did:|at://)?…|\{[^{}]*\}|\bN\b|PATH|\d+(?:\.\d+)?")

PAST_COMPONENTS = re.compile(r"spdlog::(?:trace|debug|info|warn|error|critical|log|default_logger)\(")
ACCESSOR = re.compile(r"inline logger& (\w+)\(\)")
SEVERE = re.compile(r"\b(?:warn|error|critical)\b")


def strings_of(text):
    """The string literals of a source file, adjacent ones joined: (where, text) of each."""
    joined = []
    end = None
    for found in TOKEN.finditer(text):
        if found.group(2) is None:
            continue
        piece = found.group(2).replace('\\"', '"')
        if end is not None and not text[end:found.start()].strip():
            joined[-1] = (joined[-1][0], joined[-1][1] + piece)
        else:
            joined.append((found.start(), piece))
        end = found.end()
    return joined


def severe_lines(text, strings, accessors):
    """The texts that are logged as a warning or worse: (line number, text) of each."""
    # A call in a comment or in a string is none.
    code = TOKEN.sub(lambda found: " " * len(found.group()), text)
    for call in re.finditer(rf"\b(?:{'|'.join(accessors)})\(\)\s*\.\s*(warn|error|critical|log)\(", code):
        first = next(((at, each) for at, each in strings if at >= call.end()), None)
        if first is None:
            continue
        before = code[call.end():first[0]]
        # Without a text of its own, as in log(severity, "{}", line), or with its level decided elsewhere.
        if ";" in before or (call.group(1) == "log") != bool(before.strip()):
            continue
        if call.group(1) == "log" and not SEVERE.search(before):
            continue
        yield text.count("\n", 0, call.start()) + 1, first[1]


def pieces(message):
    return [piece for piece in (part.strip() for part in VALUE.split(message)) if len(piece) > 1]


def stands_in(wanted, literals):
    return all(any(piece in literal for literal in literals) for piece in wanted)


def pattern(line):
    """What a line looks like that is written so; a value at its end may be nothing."""
    return re.compile(".*".join(re.escape(part) for part in VALUE.split(line)) + "…?", re.DOTALL)


def describes(message, line):
    """Whether one is the other with more of its values written out."""
    return pattern(message).fullmatch(line) or pattern(line).fullmatch(message)


def documented(text):
    for line in text.splitlines():
        if line.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    accessors = ACCESSOR.findall((root / "log/log.hpp").read_text())
    files = []
    severe = []
    problems = []
    for folder in SOURCES:
        for source in sorted((root / folder).rglob("*.[ch]pp")):
            text = source.read_text()
            where = source.relative_to(root)
            if PAST_COMPONENTS.search(text):
                problems.append(f"{where}: logs without a component; see log/log.hpp")
            strings = strings_of(text)
            files.append([VALUE.sub("…", each) for _, each in strings])
            severe += [(f"{where}:{number}", line) for number, line in severe_lines(text, strings, accessors)]
    messages = list(documented((root / "docs/LOG.md").read_text()))
    for each in messages:
        if not any(stands_in(pieces(each), literals) for literals in files):
            problems.append(f"docs/LOG.md: no source writes `{each}`")
    described = [VALUE.sub("…", each) for each in messages]
    for where, line in severe:
        text = VALUE.sub("…", line)
        if pieces(text) and not any(describes(each, text) for each in described):
            problems.append(f"{where}: docs/LOG.md does not have `{text}`")
    if not messages:
        problems.append("docs/LOG.md: no messages found")
    if not severe:
        problems.append("no source logs a warning or an error")
    for each in problems:
        print(each)
    sys.exit(1 if problems else 0)


main()
