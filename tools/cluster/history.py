"""What the database has kept of the cluster (history.sql), and whether it may have been so.

The rules, of each shard: nothing changes the cursor but what is in the history; it only rises, so that
each seq is passed once, under one token; tokens only rise, and move nothing; all that is written under
one token is written by one process, the one that the placement of that token names. Of the lease: its
epoch only rises, and has one holder.

A database that lost its last transactions has lost their history too, so no rule has an exception.
"""

import os
from collections import Counter

from psql import query


_TRIES = 20  # nodes at work lock the same tables in another order


def install(conninfo):
    """Error: RuntimeError."""
    with open(os.path.join(os.path.dirname(__file__), "history.sql")) as file:
        sql = f"BEGIN;\n{file.read()}COMMIT;"
    for left in reversed(range(_TRIES)):
        try:
            query(conninfo, sql)
            return
        except RuntimeError as error:
            if left == 0 or "deadlock detected" not in str(error):
                raise


def _number(text):
    return int(text) if text else None


class Verdict:
    def __init__(self):
        self.faults = []  # sentences
        self.batches = Counter()  # accepted writes by (shard, token)
        self.writers = {}  # names of the processes that made them, by (shard, token)

    def lines(self):
        """What was seen, for people."""
        tokens = Counter(shard for shard, _ in self.batches)
        numbers = sorted(self.batches.values())
        if not numbers:
            return ["history: nothing was written"]
        sole = sum(len(each) == 1 for each in self.writers.values())
        return [
            f"history: {sum(numbers)} accepted writes of {len(tokens)} shards under {len(numbers)} pairs of "
            f"shard and token, {numbers[0]} to {numbers[-1]} under one; {sole} pairs had one writer, "
            f"{len(self.writers) - sole} had several"
        ]


def check(conninfo):
    """@returns a Verdict. Error: RuntimeError if the database cannot be asked."""
    out = Verdict()
    placed = {
        (int(shard), int(token)): node
        for shard, token, node in query(
            conninfo, "SELECT shard, token, coalesce(node, '') FROM history.placements ORDER BY id"
        )
    }
    rows = query(
        conninfo,
        "SELECT shard, old_seq, new_seq, old_token, new_token, who FROM history.cursors ORDER BY shard, id",
    )
    last = {}
    for row in rows:
        shard, old_seq, new_seq, old_token, new_token = map(_number, row[:5])
        known = last.get(shard)
        _check_cursor(out, shard, known, (old_seq, old_token), (new_seq, new_token))
        # The token is written before the batches under it, in the transaction of the placement.
        if old_seq is not None and new_seq is not None and old_token == new_token:
            out.batches[shard, new_token] += 1
            out.writers.setdefault((shard, new_token), set()).add(row[5])
        # A row that goes and comes again in one transaction: its number stays known.
        last[shard] = (new_seq, new_token) if new_seq is not None else (old_seq, old_token)
    for (shard, token), names in out.writers.items():
        if len(names) > 1:
            out.faults.append(f"shard {shard}: token {token} was used by {', '.join(sorted(names))}")
        owner = placed.get((shard, token))
        for name in names:
            if owner is None or owner not in name:
                out.faults.append(f"shard {shard}: token {token} of {owner} was used by {name}")
    _check_leases(out, conninfo)
    return out


def _check_cursor(out, shard, known, old, new):
    if known is not None and old[0] is not None and old != known:
        out.faults.append(f"shard {shard}: the cursor was {known}, then {old}: something else changed it")
    before = known or old
    if before[0] is None or new[0] is None:
        return
    if new[0] < before[0]:
        out.faults.append(f"shard {shard}: the cursor fell from {before[0]} to {new[0]}")
    if new[1] < before[1]:
        out.faults.append(f"shard {shard}: the token fell from {before[1]} to {new[1]}")
    if new[1] != before[1] and new[0] != before[0]:
        out.faults.append(f"shard {shard}: token and cursor moved at once, {before} to {new}")


def _check_leases(out, conninfo):
    holders = {}
    highest = 0
    for holder, epoch in query(conninfo, "SELECT holder, epoch FROM history.leases ORDER BY id"):
        if int(epoch) < highest:
            out.faults.append(f"the lease's epoch fell from {highest} to {epoch}")
        highest = max(highest, int(epoch))
        if holders.setdefault(epoch, holder) != holder:
            out.faults.append(f"epoch {epoch} of the lease had two holders: {holders[epoch]}, {holder}")


def keep(conninfo, path):
    """All of it as a file, for a run that failed."""
    with open(path, "w") as file:
        for table in ("cursors", "placements", "leases", "deaths"):
            for row in query(conninfo, f"SELECT '{table}', * FROM history.{table} ORDER BY id"):
                print("\t".join(row), file=file)


def taken_since(conninfo, epoch):
    """(seconds since 1970, holder, epoch) of each new holder of the lease above an epoch, in order."""
    rows = query(
        conninfo,
        f"SELECT min(extract(epoch FROM at)), holder, epoch FROM history.leases WHERE epoch > {int(epoch)} "
        "GROUP BY holder, epoch ORDER BY epoch",
    )
    return [(float(at), holder, int(number)) for at, holder, number in rows]


def released_at(conninfo, epoch):
    """When the holder with this epoch gave the lease back, in seconds since 1970; None if it did not."""
    rows = query(
        conninfo,
        f"SELECT min(extract(epoch FROM at)) FROM history.leases WHERE epoch = {int(epoch)} "
        "AND expires_at <= at",
    )
    return float(rows[0][0]) if rows and rows[0][0] else None


def expired_since(conninfo, seconds):
    """Names of the members that were declared dead because they had expired, from this moment on."""
    rows = query(
        conninfo,
        "SELECT name FROM history.deaths WHERE reason = 'expired' "
        f"AND at >= to_timestamp({seconds}) ORDER BY id",
    )
    return [name for (name,) in rows]
