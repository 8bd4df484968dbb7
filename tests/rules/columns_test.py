#!/usr/bin/env python3
"""Holds the sources to reading the columns of a row in order, not by number.

usage: columns_test.py [ROOT]

A column after the first is read with `row_reader` (db/pg/row_reader.hpp) by a function beside its
statement: who changes the column list then sees who reads it. Prints each column that is read by a
literal number above 0. Exit code 1 if there is any."""

import pathlib
import re
import sys

NO_PRODUCT = ("tests", "bench", "build", "cmake")
# What row_reader is made of.
EXCEPTIONS = ("db/pg/",)
READ = re.compile(
    r"\b(?:get_|opt_|is_null\b)\w*\("
    r"(?:[^,();]|\((?:[^();]|\([^();]*\))*\))*,"  # the row, with up to two levels of brackets
    r"\s*[1-9]\d*\s*\)")


def columns_by_number(text):
    """The lines that read one, each with its number."""
    for found in READ.finditer(text):
        at = text.count("\n", 0, found.end()) + 1
        yield at, " ".join(found.group().split())


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    problems = []
    sources = 0
    for source in sorted(root.rglob("*.[ch]pp")):
        where = source.relative_to(root).as_posix()
        if where.split("/")[0] in NO_PRODUCT or where.startswith((".", *EXCEPTIONS)):
            continue
        sources += 1
        for line, read in columns_by_number(source.read_text()):
            problems.append(f"{where}:{line}: {read}: read it with row_reader beside its statement")
    for problem in problems:
        print(problem)
    if sources == 0:
        print("no sources found")
    sys.exit(1 if problems or sources == 0 else 0)


main()
