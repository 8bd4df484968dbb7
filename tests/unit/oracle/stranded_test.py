"""Duplicates that the official AppView counts no more."""

import json
import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "tools/oracle"))

from stranded import rows_to_count  # noqa: E402

TIME = "2026-01-01T00:00:00.000Z"


def follow(rkey):
    return f"at://did:me/app.bsky.graph.follow/{rkey}"


def counted(records, duplicates, rows):
    stored = {
        follow(rkey): {
            "uri": follow(rkey),
            "cid": "cid",
            "indexedAt": TIME,
            "json": json.dumps({"subject": "did:you", "createdAt": TIME}),
        }
        for rkey in records
    }
    named = [
        {"uri": follow(rkey), "duplicateOf": follow(of), "indexedAt": time} for rkey, of, time in duplicates
    ]
    follows = [{"creator": "did:me", "subjectDid": "did:you"}] if rows else []
    found = rows_to_count(named, stored, lambda table: follows if table == "follow" else [])
    return [(table, row["uri"]) for table, row in found]


class Stranded(unittest.TestCase):
    def test_the_oldest_counts_if_nothing_of_its_pair_does(self):
        duplicates = [("c", "a", "2"), ("b", "a", "1")]
        self.assertEqual(counted("bc", duplicates, rows=False), [("follow", follow("b"))])

    def test_none_counts_beside_another(self):
        self.assertEqual(counted("bc", [("c", "a", "2")], rows=True), [])

    def test_none_counts_whose_first_one_or_record_is_there_or_gone(self):
        self.assertEqual(counted("ab", [("b", "a", "1")], rows=False), [])
        self.assertEqual(counted("", [("b", "a", "1")], rows=False), [])


if __name__ == "__main__":
    unittest.main()
