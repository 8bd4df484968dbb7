"""What the official rows say of an answer that may differ from the recorded one."""

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
    """At most ten items are the viewer's own: one that only the official server has takes the room of another."""

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


class DeletedAccounts(unittest.TestCase):
    def setUp(self):
        self.rules = Deviations.__new__(Deviations)
        self.rules._gone = {"did:gone"}

    def compared(self, method, request, recorded, got):
        self.rules.accounts(method, request, recorded, got)
        return recorded == got

    def actors(self, *exist):
        return {"actors": [{"exists": each, "handle": "some.test" if each else ""} for each in exist]}

    def test_one_that_came_again_need_not_exist(self):
        request = {"dids": ["did:gone", "did:here"]}
        self.assertTrue(self.compared("GetActors", request, self.actors(True, True), self.actors(False, True)))
        self.assertFalse(self.compared("GetActors", request, self.actors(True, True), self.actors(True, False)))

    def test_it_is_in_no_list(self):
        def follows(*dids):
            return {"follows": [{"uri": f"at://did:me/{did}", "subject_did": did} for did in dids], "cursor": ""}

        recorded = follows("did:a", "did:gone", "did:b")
        self.assertTrue(self.compared("GetFollows", {}, recorded, follows("did:a", "did:b", "did:c")))
        recorded = follows("did:a", "did:gone", "did:b")
        self.assertFalse(self.compared("GetFollows", {}, recorded, follows("did:a", "did:c", "did:b")))


if __name__ == "__main__":
    unittest.main()
