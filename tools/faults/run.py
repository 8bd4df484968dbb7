#!/usr/bin/env python3
"""Runs a node on a recorded firehose while everything around it fails.

usage: run.py PLAN

PLAN is a JSON file: faults, seed, last_seq, outage (seconds, 0 for a random time), disk (that of the
tables, "" if it cannot be filled), all_kinds (whether each has to come), kinds (names; none: all), and what
stage.py says. Each fault strikes when the database has got to a random sequence number; a line per
fault goes to the standard error. The standard output names the kinds that were left out, if any; its
last line: N faults fired, F failed. Exit code 3: a kind had to come and could not, nothing was done.
"""

import json
import random
import signal
import sys

from faults import choose, left_out, names, title
from process import wait_until
from stage import Stage, names_unknown


# From this part of the stream on no fault strikes: the rest is there to be written while one does,
# also on a machine that is slow to bring it about, and to see that all still works.
LEFT_FROM = 3 / 4


class Run(Stage):
    """All that takes part, running."""

    def __init__(self, plan):
        super().__init__(plan)
        self._outage = plan["outage"]

    def outage(self, chance, longest):
        """Seconds for which something is away."""
        return self._outage or chance.uniform(0.2, longest)

    def start(self):
        self.database.start()
        self.start_relay()
        self.node.start()

    def stop(self):
        """Everything ends in order, also after a fault that was not survived."""
        self.proxy.order("pass")
        self.node.wait_for_log("with epoch")  # before that a signal ends it at once
        return self.end(signal.SIGTERM)


def _strike(run, fault, at, chance):
    def there():
        if not run.node.runs():
            raise RuntimeError("prismd has ended by itself")
        return run.database.highest_seq() >= at

    wait_until(there, f"seq {at}")
    run.leave_work(LEFT_FROM, at)  # on a busy machine everything may have come
    proof = fault(run, chance)
    if not run.node.runs():
        raise RuntimeError("prismd did not survive it")
    return proof


def _mend(run):
    """After a failed fault: everybody runs again, so that the next one means something."""
    for order in ("pass", "cut-before-commit 0", "cut-after-commit 0"):
        run.proxy.order(order)
    if run.disk:
        run.disk.free()
    if not run.database.server.runs():
        run.database.start()
    if not run.relay.runs():
        run.start_relay()
    if not run.node.runs():
        run.node.start()


def main(arguments):
    with open(arguments[0]) as file:
        plan = json.load(file)
    chance = random.Random(plan["seed"])
    kinds = [name.strip() for name in plan["kinds"][0].split(",") if name.strip()]
    if names_unknown(kinds, names()):
        return 64
    faults = choose(plan["faults"], chance, plan["disk"] != "", kinds)
    missing = "" if kinds else ", ".join(left_out(faults))
    if missing and plan["all_kinds"]:
        print(f"not every kind of fault can come, there would be none of: {missing}", file=sys.stderr)
        return 3
    moments = sorted(chance.randrange(int(plan["last_seq"] * LEFT_FROM)) for _ in faults)
    fired = failed = 0
    run = Run(plan)
    try:
        run.start()
        for number, (fault, at) in enumerate(zip(faults, moments), 1):
            what = f"fault {number}: {title(fault)} at seq {at}"
            try:
                print(f"{what}: {_strike(run, fault, at, chance)}", file=sys.stderr, flush=True)
                fired += 1
            except RuntimeError as error:
                print(f"{what}: FAILED: {error}", file=sys.stderr, flush=True)
                failed += 1
                _mend(run)
    finally:
        status = run.stop()
    if status != 0:
        print(f"FAILED: prismd ended with {status} at SIGTERM", file=sys.stderr)
        failed += 1
    if missing:
        print(f"left out: {missing}")
    print(f"{fired} faults fired, {failed} failed")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
