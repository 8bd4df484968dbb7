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

    def test_an_item_is_there_once_though_its_author_follows_itself(self):
        recorded = page("at://did:me/1", "at://did:me/1", "at://did:you/1")
        self.assertTrue(compared(recorded, page("at://did:me/1", "at://did:you/1", "at://did:you/2"), []))
        recorded = page("at://did:me/1", "at://did:me/1", "at://did:you/1")
        self.assertFalse(compared(recorded, page("at://did:me/1", "at://did:you/2", "at://did:you/1"), []))

    def test_no_other_own_item_is_excused(self):
        recorded = page("at://did:me/1", "at://did:you/1", "at://did:you/2")
        self.assertFalse(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:you/1"), []))
        recorded = page("at://did:me/twice", "at://did:me/1", "at://did:you/1")
        self.assertFalse(compared(recorded, page("at://did:me/1", "at://did:me/2", "at://did:me/3"), ["at://did:me/twice"]))


class DeletedAccounts(unittest.TestCase):
    def setUp(self):
        self.rules = Deviations.__new__(Deviations)
        self.rules._gone = {"did:gone"}
        self.rules._ends = {"GetFollows": {"did:me": "at://did:me/did:b"}}

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

    def test_no_page_follows_if_only_such_would_be_on_it(self):
        def page_to(last, cursor):
            return {"follows": [{"uri": f"at://did:me/{last}", "subject_did": last}], "cursor": cursor}

        request = {"actor_did": "did:me"}
        self.assertTrue(self.compared("GetFollows", request, page_to("did:b", "more"), page_to("did:b", "")))
        self.assertFalse(self.compared("GetFollows", request, page_to("did:a", "more"), page_to("did:a", "")))

    def test_its_starter_packs_are_gone(self):
        self.rules._packs_left = {"at://did:gone/pack"}

        def packs(*uris):
            return {"uris": list(uris), "cursor": ""}

        self.assertTrue(self.compared("GetActorStarterPacks", {}, packs("at://did:gone/pack"), packs()))
        self.assertFalse(self.compared("GetActorStarterPacks", {}, packs("at://did:here/pack"), packs()))

        request = {"dids": ["did:gone", "did:here"]}
        recorded = {"starter_packs": [1, 2]}
        self.assertTrue(self.compared("GetCountsForUsers", request, recorded, {"starter_packs": [0, 2]}))
        recorded = {"starter_packs": [1, 2]}
        self.assertFalse(self.compared("GetCountsForUsers", request, recorded, {"starter_packs": [0, 1]}))

    def test_it_has_no_relationship(self):
        def related(uri):
            return {"relationships": [{"following": uri}]}

        request = {"target_dids": ["did:gone"]}
        self.assertTrue(self.compared("GetRelationships", request, related("at://follow"), related("")))
        self.assertFalse(self.compared("GetRelationships", request, related(""), related("at://follow")))
        request = {"target_dids": ["did:here"]}
        self.assertFalse(self.compared("GetRelationships", request, related("at://follow"), related("")))


class StrandedDuplicates(unittest.TestCase):
    """did:me follows did:you by a record that counts in ours alone."""

    def setUp(self):
        self.rules = Deviations.__new__(Deviations)
        self.rules._stranded = {"at://did:me/follow/2"}
        self.rules._follows_added = {("did:me", "did:you")}

    def compared(self, method, request, recorded, got):
        self.rules.stranded(method, request, recorded, got)
        return recorded == got

    def test_what_depends_on_it_is_excused_and_nothing_else(self):
        def following(*dids):
            return {"results": [{"dids": list(dids)}]}

        request = {"actor_did": "did:me", "target_dids": ["did:they"]}
        self.assertTrue(self.compared("GetFollowsFollowing", request, following("did:a"), following("did:a", "did:you")))
        self.assertFalse(self.compared("GetFollowsFollowing", request, following("did:a"), following("did:a", "did:b")))

    def test_the_follow_itself(self):
        def related(uri):
            return {"relationships": [{"following": uri, "followed_by": ""}]}

        request = {"actor_did": "did:me", "target_dids": ["did:you"]}
        self.assertTrue(self.compared("GetRelationships", request, related(""), related("at://did:me/follow/2")))
        self.assertFalse(self.compared("GetRelationships", request, related(""), related("at://did:me/follow/1")))
        request = {"actor_did": "did:me", "target_dids": ["did:they"]}
        self.assertFalse(self.compared("GetRelationships", request, related(""), related("at://did:me/follow/2")))

    def test_only_its_author_has_priority(self):
        def told(who, priority):
            uri = f"at://{who}/app.bsky.feed.like/1"
            return {"notifications": [{"recipient_did": "did:me", "uri": uri, "reason": "like", "priority": priority}]}

        request = {"actor_did": "did:me"}
        self.assertTrue(self.compared("GetNotifications", request, told("did:you", False), told("did:you", True)))
        self.assertFalse(self.compared("GetNotifications", request, told("did:you", True), told("did:you", False)))
        self.assertFalse(self.compared("GetNotifications", request, told("did:they", False), told("did:they", True)))


class DeletedLists(unittest.TestCase):
    def compared(self, recorded, got):
        rules = Deviations.__new__(Deviations)
        rules._lists = {"at://list"}
        sides = [
            {"exists": [bool(uri)], "blocks": [{"blocked_by": "", "blocked_by_list": uri, "blocking_by_list": ""}]}
            for uri in (recorded, got)
        ]
        rules.lists("GetBlockExistence", {}, *sides)
        return sides[0] == sides[1]

    def test_only_a_list_that_is_there_blocks(self):
        self.assertTrue(self.compared("at://gone", ""))
        self.assertFalse(self.compared("at://list", ""))
        self.assertFalse(self.compared("", "at://list"))

    def test_a_block_that_is_shown_by_nothing_is_not_excused(self):
        rules = Deviations.__new__(Deviations)
        rules._lists = set()
        none = {"blocked_by": "", "blocked_by_list": "", "blocking_by_list": ""}
        recorded, got = {"exists": [True], "blocks": [dict(none)]}, {"exists": [False], "blocks": [dict(none)]}
        rules.lists("GetBlockExistence", {}, recorded, got)
        self.assertNotEqual(recorded, got)


class EqualRecords(unittest.TestCase):
    def compared(self, *order):
        rules = Deviations.__new__(Deviations)
        rules._ranks = {"at://a": (1, "cid"), "at://b": (1, "cid"), "at://c": (2, "cid")}
        recorded, got = ({"followers": [{"uri": uri} for uri in uris]} for uris in (("at://a", "at://b", "at://c"), order))
        rules.equal_records("GetFollowers", {}, recorded, got)
        return recorded == got

    def test_any_order_of_these_and_of_no_others(self):
        self.assertTrue(self.compared("at://b", "at://a", "at://c"))
        self.assertFalse(self.compared("at://a", "at://c", "at://b"))


if __name__ == "__main__":
    unittest.main()
