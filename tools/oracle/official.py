"""Reads the rows that the official AppView made of a corpus."""

import json
import os
import subprocess
from collections import defaultdict

import stranded


class Official:
    """BASE.oracle.rows.jsonl.zst by table; a table without rows is an empty list. `errors` are the
    records which the official AppView refused, `gone` the accounts that their PDS has no more, `legacy`
    the uris of records that it refused for a blob in the form from before 2023, `stranded` those of duplicates
    that it should count."""

    def __init__(self, base):
        self._tables = defaultdict(list)
        path = f"{base}.oracle.rows.jsonl.zst"
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as reader:
            for number, line in enumerate(reader.stdout, 1):
                try:
                    entry = json.loads(line)
                    self._tables[entry["t"]].append(entry["r"])
                except (ValueError, KeyError, TypeError) as error:
                    raise RuntimeError(f"{path}: line {number} is not a row: {error}") from error
        if reader.returncode != 0:
            raise RuntimeError(f"{path}: zstd exit code {reader.returncode}")
        if not self._tables:
            raise RuntimeError(f"{path}: no rows")
        with open(f"{base}.oracle.errors.json", encoding="utf-8") as errors:
            self.errors = json.load(errors)
        self.legacy = {each["uri"] for each in self.errors if is_legacy_blob(each["cause"])}
        self.gone = _gone(f"{base}.hosting.json")
        self.posts = {row["uri"]: row for row in self["post"]}
        self.records = {row["uri"]: row for row in self["record"]}
        self.lists = {row["uri"] for row in self["list"]}
        # Added to the rows, since they should count.
        self.stranded = set()
        for table, row in list(stranded.rows_to_count(self["duplicate_record"], self.records, self.__getitem__)):
            self._tables[table].append(row)
            self.stranded.add(row["uri"])

    def __getitem__(self, table):
        return self._tables.get(table, [])

    def tables(self):
        return sorted(self._tables)


def is_legacy_blob(cause):
    """Whether a refusal is of a blob {cid, mimeType}, which Prism takes (docs/ORACLE.md)."""
    return 'Expected blob value type (got {"cid": ..., "mimeType": ...})' in cause


def _gone(path):
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as hosting:
        return {did for did, state in json.load(hosting).items() if state.get("error") == "RepoNotFound"}
