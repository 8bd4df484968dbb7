"""The oracle's conversions: an error here would make the same error on both sides look right."""

import os
import sys
import unittest

_ROOT = os.path.join(os.path.dirname(__file__), "../../..")
sys.path[:0] = [os.path.join(_ROOT, "tools", part) for part in ("oracle", "common")]

from comparison import Comparison  # noqa: E402
from dag_cbor import blob_cid, decode  # noqa: E402
from tables.refused import refused  # noqa: E402
from values import cid_text, is_post_uri, iso, same_instant_iso, uri_parts  # noqa: E402

_CID = "bafyreiahl7apa6y53l6dhfjdyhxvltndjouyze2af766oa5kyysutfiwha"
_CID_HEX = "01711220075fc0f07b1ddafc339523c1ef55cda34ba98c93402ffde703aac62549951638"


class Times(unittest.TestCase):
    def test_microseconds_become_milliseconds_without_rounding(self):
        self.assertEqual(iso(1_795_430_976_624_999), "2026-11-23T10:49:36.624Z")

    def test_times_before_1970_are_cut_towards_the_past(self):
        self.assertEqual(iso(-1), "1969-12-31T23:59:59.999Z")

    def test_years_have_four_digits(self):
        self.assertEqual(iso(-59_011_459_200_000_000), "0100-01-01T00:00:00.000Z")

    def test_no_time_stays_none(self):
        self.assertIsNone(iso(None))
        self.assertIsNone(same_instant_iso(None))

    def test_an_offset_is_taken_off(self):
        self.assertEqual(
            same_instant_iso("2026-11-23T11:29:36.624+02:00"), "2026-11-23T09:29:36.624Z"
        )

    def test_missing_and_long_fractions_become_milliseconds(self):
        self.assertEqual(same_instant_iso("2026-11-04T10:57:19Z"), "2026-11-04T10:57:19.000Z")
        self.assertEqual(
            same_instant_iso("2026-11-04T10:57:19.123987654Z"), "2026-11-04T10:57:19.123Z"
        )


class Cids(unittest.TestCase):
    def test_a_binary_cid_becomes_base32(self):
        self.assertEqual(cid_text("\\x" + _CID_HEX), _CID)

    def test_a_text_that_is_no_canonical_cid_stays_as_it_is(self):
        self.assertEqual(cid_text("\\x" + "not a cid".encode().hex()), "not a cid")

    def test_no_cid_stays_none(self):
        self.assertIsNone(cid_text(None))


class Uris(unittest.TestCase):
    def test_only_posts_by_did_are_waited_for(self):
        self.assertTrue(is_post_uri("at://did:plc:x/app.bsky.feed.post/1"))
        self.assertFalse(is_post_uri("at://did:plc:x/app.bsky.feed.generator/1"))
        self.assertFalse(is_post_uri("at://alice.test/app.bsky.feed.post/1"))
        self.assertFalse(is_post_uri("at://did:plc:x/app.bsky.feed.post/1/2"))
        self.assertFalse(is_post_uri("at://did:plc:x/app.bsky.feed.post/"))

    def test_a_uri_falls_into_its_parts(self):
        self.assertEqual(
            uri_parts("at://did:plc:x/app.bsky.feed.post/1"), ("did:plc:x", "app.bsky.feed.post", "1")
        )


class Cbor(unittest.TestCase):
    def test_every_kind_of_value_is_read(self):
        block = bytes.fromhex(
            "a7" "6161" "1818" "6162" "29" "6163" "f5" "6164" "f6" "6165" "820102"
            "6166" "43aabbcc" "6167" "d82a" "4500" "01551200"
        )  # fmt: skip
        self.assertEqual(
            decode(block),
            {
                "a": 24,
                "b": -10,
                "c": True,
                "d": None,
                "e": [1, 2],
                "f": {"$bytes": "qrvM"},
                "g": {"$link": "bafkreaa"},
            },
        )

    def test_bytes_behind_the_value_are_an_error(self):
        with self.assertRaises(ValueError):
            decode(b"\x01\x01")

    def test_what_strangers_send_is_read(self):
        for block, value in (
            ("fb3ff8000000000000", 1.5), ("f93e00", 1.5), ("fa3f000000", 0.5), ("f94200", 3), ("f7", None),
            ("6361ff62", "a\ufffdb"), ("65efbbbf6162", "ab"), ("a2616201616102", {"b": 1, "a": 2}),
        ):  # fmt: skip
            self.assertEqual(decode(bytes.fromhex(block)), value)
        old = bytes.fromhex("d82a5823001220" + "00" * 32)
        self.assertEqual(decode(old), {"$link": "QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51"})

    def test_blobs_of_both_forms_have_their_cid(self):
        self.assertEqual(blob_cid({"$type": "blob", "ref": {"$link": _CID}}), _CID)
        self.assertEqual(blob_cid({"cid": _CID, "mimeType": "image/png"}), _CID)
        self.assertIsNone(blob_cid(None))


class Refusals(unittest.TestCase):
    def rows(self, ours, causes):
        class Db:
            def refused(self):
                return {("at://a", *each) for each in ours}

        class Theirs:
            errors = [{"uri": "at://a", "cause": cause} for cause in causes]

        return refused(Db(), Theirs())

    def test_words_of_both_sides_mean_the_same(self):
        for reason, message, cause in (
            ("missing_field", "missing_field at $: no field 'x'", 'Missing required key "x" at $'),
            ("bad_format", "bad_format at $.a.b: not a DID", 'Invalid DID (got "a at $") at $.a.b'),
            ("string_too_long", "string_too_long at $.t: 4", "string too big (maximum 3, got 4) at $.t"),
            ("wrong_type", "wrong_type at $.t[0]: x", "Expected string value type (got 1) at $.t[0]"),
            ("not_in_enum", "not_in_enum at $.v: x", 'Expected one of "a" or "b" (got "c") at $.v'),
            ("list_of_other_repo", "list_of_other_repo: at://x belongs to somebody else",
             "Creator of listitem does not match creator of list"),
        ):  # fmt: skip
            self.assertEqual(self.rows([(reason, message)], [cause]).differences, 0, cause)

    def test_another_place_or_reason_is_a_difference(self):
        cause = 'Missing required key "x" at $.a'
        self.assertEqual(self.rows([("missing_field", "missing_field at $.b: x")], [cause]).differences, 2)
        self.assertEqual(self.rows([("wrong_type", "wrong_type at $.a: x")], [cause]).differences, 2)
        self.assertEqual(self.rows([], [cause]).differences, 1)

    def test_a_legacy_blob_is_refused_by_the_reference_alone(self):
        cause = 'Expected blob value type (got {"cid": ..., "mimeType": ...}) at $.embed'
        found = self.rows([], [cause])
        self.assertEqual((found.differences, sum(found.rules.values())), (0, 1))
        self.assertEqual(self.rows([("bad_blob", "bad_blob at $.embed: x")], [cause]).differences, 0)
        self.assertEqual(self.rows([], [cause.replace("cid", "ref")]).differences, 1)

    def test_words_that_nobody_knows_are_a_difference(self):
        self.assertEqual(self.rows([("bad_cbor", "x")], ["something new"]).differences, 2)


class Comparisons(unittest.TestCase):
    def test_a_row_that_one_side_has_twice_is_a_difference(self):
        found = Comparison("t", [{"uri": "a"}, {"uri": "a"}], [{"uri": "a"}])
        self.assertEqual((len(found.only_ours), len(found.only_theirs)), (1, 0))

    def test_a_changed_column_counts_on_both_sides_and_is_named(self):
        found = Comparison("t", [{"uri": "a", "n": 1}], [{"uri": "a", "n": 2}])
        self.assertEqual(found.differences, 2)
        self.assertEqual(list(found.examples(3)), ["a: n: ours 1, theirs 2"])

    def test_the_order_of_rows_does_not_matter(self):
        rows = [{"uri": "a"}, {"uri": "b"}]
        self.assertEqual(Comparison("t", rows, rows[::-1]).differences, 0)


if __name__ == "__main__":
    unittest.main()
