#!/usr/bin/env python3
"""Runs a node on a recorded firehose while everything around it fails.

usage: run.py PLAN

PLAN is a JSON file: faults, seed, last_seq, outage (seconds, 0 for a random time), disk (that of the
tables, "" if it cannot be filled), all_kinds (whether each has to come), kinds (names; none: all), and the commands
(postgres, node, relay, proxy: lists of words), their logs, the database's conninfo and its socket.
In the node's words {port} becomes the proxy's port. Each fault strikes when the database has got to a random sequence number; a line per
fault goes to the standard error. The standard output names the kinds that were left out, if any; its
last line: N faults fired, F failed. Exit code 3: a kind had to come and could not, nothing was done.
"""

import json
import random
import signal
import sys

from postgres import Database
from disk import Disk
from faults import choose, left_out, names, title
from process import Process, wait_until
from proxy import Proxy


# From this part of the stream on no fault strikes: the rest is there to be written while one does,
# also on a machine that is slow to bring it about, and to see that all still works.
LEFT_FROM = 3 / 4


class Run:
    """All that takes part, running."""

    def __init__(self, plan):
        log = plan["logs"]
        self.disk = Disk(plan["disk"]) if plan["disk"] else None
        self._outage = plan["outage"]
        self._last_seq = plan["last_seq"]
        self._proxy_log = open(f"{log}/proxy.log", "ab")
        self.database = Database(plan["postgres"], plan["conninfo"], f"{log}/postgres.log")
        self.proxy = Proxy(plan["proxy"], plan["socket"], self._proxy_log)
        self.relay = Process("prism-replay", plan["relay"], f"{log}/replay.log")
        words = [word.replace("{port}", str(self.proxy.port)) for word in plan["node"]]
        self.node = Process("prismd", words, f"{log}/prismd.log")

    def outage(self, chance, longest):
        """Seconds for which something is away."""
        return self._outage or chance.uniform(0.2, longest)

    def start_relay(self):
        self.relay.start()
        self.relay.wait_for_log("listening on")

    def start(self):
        self.database.start()
        self.start_relay()
        self.node.start()

    def leave_work(self, seq):
        """On a busy machine everything may have come by the time that a fault is due: then the node
        finds its cursor where it was at `seq`, and what comes again has to count once."""
        if self.database.highest_seq() < self._last_seq * LEFT_FROM:
            return
        self.node.kill()
        self.database.rewind(seq)
        self.node.start()

    def stop(self):
        """Everything ends in order, also after a fault that was not survived."""
        self.proxy.order("pass")
        self.node.wait_for_log("with epoch")  # before that a signal ends it at once
        status = self.node.end(signal.SIGTERM) if self.node.runs() else None
        for each in (self.relay, self.database.server):
            if each.runs():
                each.end(signal.SIGINT)
        self.proxy.close()
        self._proxy_log.close()
        return status


def _strike(run, fault, at, chance):
    def there():
        if not run.node.runs():
            raise RuntimeError("prismd has ended by itself")
        return run.database.highest_seq() >= at

    wait_until(there, f"seq {at}")
    run.leave_work(at)
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
    unknown = [name for name in kinds if name not in names()]
    if unknown:
        print(f"no such fault: {unknown[0]}; there are: {', '.join(names())}", file=sys.stderr)
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
