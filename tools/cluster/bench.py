#!/usr/bin/env python3
"""Times a cluster of which each node has a part of a processor.

usage: bench.py PLAN

PLAN as for run.py, with cpu_percent (of one processor, for each node) and ops. The standard output: one JSON
object.
"""

import json
import os
import sys
import time

import cpu_group
from cluster import Cluster
from cpu_group import CpuGroup
from process import wait_until

_DEADLINE_SECONDS = 3600


def _wall(used, percent, cpu, seconds):
    """What has nothing left, by the part of what it could have that it has used."""
    shares = {name: cpu[name] / seconds / (percent / 100) for name in used}
    shares["the machine"] = sum(cpu.values()) / seconds / os.cpu_count()
    name = max(shares, key=shares.get)
    return f"{name}: {shares[name]:.0%} of its CPU"


def main(arguments):
    with open(arguments[0]) as file:
        plan = json.load(file)
    cpu_group.remove_left_over()
    cluster = Cluster(plan)
    groups = {"database": CpuGroup("database"), "relay": CpuGroup("relay")}
    try:
        cluster.start_idle()
        groups["database"].add(cluster.database.server.pid)
        for pid in cluster.database.process_ids():
            groups["database"].add(pid)
        for name, node in cluster.nodes.items():
            groups[name] = CpuGroup(name, plan["cpu_percent"])
            groups[name].add(node.pid)
        leader, _ = cluster.leader()
        before = {name: group.seconds() for name, group in groups.items()}
        cluster.start_relay()
        groups["relay"].add(cluster.relay.pid)
        wait_until(lambda: "opened" in cluster.relay.log_since_start(), "the leader to connect")
        begin = time.time()
        wait_until(lambda: cluster.state().lowest() >= cluster.last_seq, "the end", _DEADLINE_SECONDS)
        seconds = time.time() - begin
        cpu = {name: group.seconds() - before[name] for name, group in groups.items()}
        throttled = {name: round(groups[name].throttled_share(), 2) for name in cluster.nodes}
        complaints = cluster.stop()
    finally:
        cluster.stop_services()
        for group in groups.values():
            group.remove()
    if complaints:
        print("; ".join(complaints), file=sys.stderr)
        return 1
    result = {
        "nodes": plan["nodes"],
        "cpu_percent_per_node": plan["cpu_percent"],
        "seconds": round(seconds, 1),
        "ops_per_s": round(plan["ops"] / seconds),
        "leader": leader.name,
        "cpu_s": {name: round(used, 1) for name, used in cpu.items()},
        "throttled": throttled,
        "wall": _wall(cluster.nodes, plan["cpu_percent"], cpu, seconds),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
