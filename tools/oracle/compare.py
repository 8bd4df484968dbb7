#!/usr/bin/env python3
"""Compares Prism's database with the official AppView's rows of the same corpus.

usage: compare.py BASE CONNINFO PROGRAM LOG

PROGRAM is prism-records, LOG the file with what the node wrote to its standard error.

A line per table: `table ours theirs only_ours only_theirs`; informational ones begin with "# ". Rules
and up to three differing rows per table go to the standard error. Last line: `N tables, D
differences`, over the required tables. Exit code 0 if D is 0, 1 if not, 2 for an error.
"""

import sys
from collections import Counter
from datetime import datetime, timedelta, timezone

import gates
from comparison import Comparison
from database import Database
from official import Official
from tables import counts, documents, embeds, notifications, pairs, posts, refused, repositories, subjects

_EXAMPLES = 3
# Times that an event's stamp decides, and what they are called on both sides where the stamp was in
# the future: Prism shows the time of arrival instead (docs/ORACLE.md).
_TIME_COLUMNS = {"indexedAt", "sortAt", "sortedAt"}
_ARRIVAL = "time of arrival"
# Where a row names the record from which it was made.
_LEGACY_COLUMNS = {"uri", "postUri", "recordUri"}

PROJECTIONS = {
    "post": posts.post,
    "feed_item": posts.feed_item,
    "quote": posts.quote,
    "post_embed_image": embeds.post_embed_image,
    "post_embed_gallery_image": embeds.post_embed_gallery_image,
    "post_embed_external": embeds.post_embed_external,
    "post_embed_video": embeds.post_embed_video,
    "post_embed_record": embeds.post_embed_record,
    "op_thread_reply": embeds.op_thread_reply,
    "like": subjects.like,
    "like_waiting": subjects.like_waiting,
    "repost": subjects.repost,
    "repost_waiting": subjects.repost_waiting,
    "follow": pairs.follow,
    "actor_block": pairs.actor_block,
    "list_block": pairs.list_block,
    "reference_list_opt_out": pairs.reference_list_opt_out,
    "list_item": pairs.list_item,
    "list_item_waiting": pairs.list_item_waiting,
    "verification": pairs.verification,
    "profile": documents.profile,
    "list": documents.list_,
    "feed_generator": documents.feed_generator,
    "starter_pack": documents.starter_pack,
    "labeler": documents.labeler,
    "thread_gate": documents.thread_gate,
    "post_gate": documents.post_gate,
    "post_counts": counts.post_counts,
    "other_counts": counts.other_counts,
    "user_counts": counts.user_counts,
    "list_counts": counts.list_counts,
    "post_agg_as_stored": counts.post_agg_as_stored,
    "profile_agg_as_stored": counts.profile_agg_as_stored,
    "actor": repositories.actor,
    "actor_sync": repositories.actor_sync,
    "record": repositories.record,
    "duplicate_record": repositories.duplicate_record,
    "refused": refused.refused,
    "notification": notifications.notification,
}


def _show(comparison, prefix):
    print(
        f"{prefix}{comparison.table} {len(comparison.ours)} {len(comparison.theirs)} "
        f"{len(comparison.only_ours)} {len(comparison.only_theirs)}",
        flush=True,
    )
    for rule, rows in sorted(comparison.rules.items()):
        print(f"    {comparison.table}: {rows} {rule}", file=sys.stderr)
    for example in comparison.examples(_EXAMPLES):
        print(f"    {comparison.table} differs: {example}", file=sys.stderr)


def _compare(table, db, official):
    """Rows of ours that belong to a record of `official.legacy` are left out."""
    comparison = _without_future(PROJECTIONS[table](db, official))
    if not official.legacy:
        return comparison
    ours = [row for row in comparison.ours if not _LEGACY_COLUMNS & _uris_of(row, official.legacy)]
    left_out = len(comparison.ours) - len(ours)
    rules = comparison.rules + Counter({"left out of ours: of a record with a legacy blob": left_out})
    return Comparison(table, ours, comparison.theirs, rules)


def _without_future(comparison):
    """Where a stamp of the reference is in the future, any time of ours from the last day equals it."""
    now = datetime.now(timezone.utc)
    first, last = (f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in (now - timedelta(days=1), now + timedelta(seconds=1)))
    theirs = [_arriving(row, lambda time: time >= first) for row in comparison.theirs]
    ahead = sum(_ARRIVAL in row.values() for row in theirs)
    if ahead == 0:
        return comparison
    ours = [_arriving(row, lambda time: first <= time <= last) for row in comparison.ours]
    rules = comparison.rules + Counter({"a stamp in the future counts as the time of arrival": ahead})
    return Comparison(comparison.table, ours, theirs, rules)


def _arriving(row, is_arrival):
    """The row with the times that `is_arrival` names replaced."""
    times = {column for column in _TIME_COLUMNS if row.get(column) is not None and is_arrival(row[column])}
    return {column: _ARRIVAL if column in times else value for column, value in row.items()}


def _uris_of(row, uris):
    return {column for column, value in row.items() if isinstance(value, str) and value in uris}


def main(arguments):
    if len(arguments) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    base, conninfo, program, log = arguments
    try:
        official = Official(base)
        db = Database(conninfo, program, log)
        differences = 0
        for table in gates.REQUIRED:
            comparison = _compare(table, db, official)
            differences += comparison.differences
            _show(comparison, "")
        for table in gates.INFORMATIONAL:
            _show(_compare(table, db, official), "# ")
        for table in official.tables():
            if table not in PROJECTIONS and table not in gates.ELSEWHERE:
                print(f"# {table} of the reference is not compared")
    except (RuntimeError, OSError, ValueError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    print(f"{len(gates.REQUIRED)} tables, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
