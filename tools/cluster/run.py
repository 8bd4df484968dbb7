#!/usr/bin/env python3
"""Runs a cluster on a recorded firehose while its leader, its network and its database fail.

usage: run.py PLAN

PLAN is a JSON file that scripts/cluster writes: faults, seed, nodes, shards, ttl_ms, grace (seconds beside
the ttl within which all goes on), last_seq, kinds (names; none: all), bouncers ("none", "some" or "all"
nodes use PgBouncer), soak_minutes and rate (0: no soak), logs, conninfo, tls (the authority's directory),
prismctl, and the commands postgres, bouncer, relay, directory, node; relay_since: whether the relay takes
--since. In the node's words {name}, {address}, {metrics}, {tunnel}, {link}, {database} and {database_port}
are filled in.

A line per fault goes to the standard error. The standard output: what was measured; its last line: N faults
fired, F failed.
"""

import json
import random
import statistics
import sys
import time

import history
import network_faults
import process_faults
import service_faults
from cluster import Cluster
from sampler import Sampler
from soak_watch import Soak

EVERYTHING = process_faults.FAULTS + network_faults.FAULTS + service_faults.FAULTS
# Between two faults of a soak.
_SOAK_EVERY_SECONDS = 60


def title(fault):
    return fault.__name__.replace("_", " ")


def _possible(plan):
    """Those that can come with this many nodes."""
    out = set(EVERYTHING)
    if plan["nodes"] < 3:
        out.discard(network_faults.followers_apart)
    if plan["bouncers"] == "none":
        out.discard(service_faults.bouncer_restarted)
    return [each for each in EVERYTHING if each in out]


def _choose(plan, chance):
    """Each kind once before any comes again, in random order."""
    kinds = [each for each in _possible(plan) if not plan["kinds"] or title(each) in plan["kinds"]]
    chosen = []
    while len(chosen) < plan["faults"]:
        chosen += chance.sample(kinds, len(kinds))
    return chosen[: plan["faults"]]


def _spread(what, values):
    if not values:
        return f"{what}: none"
    return (
        f"{what}: {len(values)}, {min(values):.2f} s at least, {statistics.median(values):.2f} s in the middle, "
        f"{max(values):.2f} s at most"
    )


def _strike(cluster, fault, chance):
    cluster.settle()
    time.sleep(chance.uniform(0, 1))
    if cluster.state().lowest() >= cluster.last_seq:
        raise RuntimeError("nothing is left of the stream, so it proves nothing: the relay is too fast")
    return fault(cluster, chance)


def _fire(cluster, faults, chance, soak):
    """@returns how many fired, how many failed."""
    fired = failed = 0
    for number, fault in enumerate(faults, 1):
        begin = time.time()
        if soak and not soak.goes_on():
            break
        what = f"fault {number}: {title(fault)}"
        try:
            proof = _strike(cluster, fault, chance)
            if soak:
                cluster.settle()
                proof += f"; {soak.recovered()}"
            print(f"{what}: {proof}", file=sys.stderr, flush=True)
            fired += 1
        except RuntimeError as error:
            print(f"{what}: FAILED: {error}", file=sys.stderr, flush=True)
            failed += 1
            cluster.mend()
        if soak:
            time.sleep(max(0.0, begin + _SOAK_EVERY_SECONDS - time.time()))
    return fired, failed


def _complain(lines):
    """@returns how many."""
    number = 0
    for line in lines:
        print(f"FAILED: {line}", file=sys.stderr, flush=True)
        number += 1
    return number


def main(arguments):
    with open(arguments[0]) as file:
        plan = json.load(file)
    unknown = [each for each in plan["kinds"] if each not in map(title, EVERYTHING)]
    if unknown:
        print(f"no such fault: {unknown[0]}; there are: {', '.join(map(title, EVERYTHING))}", file=sys.stderr)
        return 64
    chance = random.Random(plan["seed"])
    faults = _choose(plan, chance)
    cluster = Cluster(plan)
    sampler = Sampler(cluster)
    try:
        cluster.start()
        sampler.start()
        soak = Soak(cluster) if plan["soak_minutes"] else None
        fired, failed = _fire(cluster, faults, chance, soak)
        if soak:
            failed += _complain(soak.finish())
        sampler.stop()
        failed += _complain(cluster.stop())
        verdict = history.check(cluster.conninfo)
        failed += _complain(verdict.faults)
        failed += _complain(sampler.grown())
        if failed:
            history.keep(cluster.conninfo, f"{plan['logs']}/history.log")
    finally:
        cluster.stop_services()
    for line in (
        _spread("takeovers", cluster.takeovers),
        _spread("all cursors moved again after the loss of a leader", cluster.recoveries),
        _spread("planned takeovers, from SIGTERM", cluster.resigns),
        *verdict.lines(),
        *sampler.lines(),
        *(soak.lines() if soak else ()),
    ):
        print(line)
    missing = [title(each) for each in EVERYTHING if each not in faults]
    if missing and not plan["kinds"]:
        print(f"left out: {', '.join(missing)}")
    print(f"{fired} faults fired, {failed} failed")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
