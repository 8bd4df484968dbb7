"""Of a timeline's own items at most ten are in a page: one that only the official server has takes another's room."""

import pathlib
import sys
import unittest

root = pathlib.Path(__file__).resolve().parents[3]
sys.path += [str(root / "tools/rpc"), str(root / "tools/common")]

from deviations import Deviations  # noqa: E402

REQUEST = {"actor_did": "did:me"}


def page(*uris):
    return {"items": [{"uri": uri, "repost": ""} for uri in uris], "cursor": "more"}


def compared(recorded, got, dropped):
    rules = Deviations.__new__(Deviations)
    rules._feed_dropped, rules._feed_added = set(dropped), set()
    rules.feed_items("GetTimeline", REQUEST, recorded, got)
    return recorded == got


class Timeline(unittest.TestCase):
    def test_an_own_item_dropped_lets_an_older_own_one_in(self):
        recorded = page("at://did:me/twice", "at://did:me/1", "at://did:you/1")
        self.assertTrue(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:you/1"), ["at://did:me/twice"]))

    def test_the_same_without_the_older_one(self):
        recorded = page("at://did:me/twice", "at://did:me/1", "at://did:you/1")
        self.assertTrue(compared(recorded, page("at://did:me/1", "at://did:you/1", "at://did:you/2"), ["at://did:me/twice"]))

    def test_an_item_of_another_dropped_lets_an_own_one_in(self):
        recorded = page("at://did:me/1", "at://did:you/twice", "at://did:you/1")
        self.assertTrue(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:you/1"), ["at://did:you/twice"]))

    def test_no_other_own_item_is_excused(self):
        recorded = page("at://did:me/1", "at://did:you/1", "at://did:you/2")
        self.assertFalse(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:you/1"), []))
        recorded = page("at://did:me/twice", "at://did:me/1", "at://did:you/1")
        self.assertFalse(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:me/3"), ["at://did:me/twice"]))


if __name__ == "__main__":
    unittest.main()
