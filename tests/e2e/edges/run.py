#!/usr/bin/env python3
"""Strangers at both ports of a node, the tunnel and HTTP: each gets what it is due, those who look are answered meanwhile,
and nothing is left of it afterwards.

usage: run.py SAMPLE [--rounds N]   (programs in $PRISM_BUILD_DIR; N rounds of floods and noise, of ten seconds each; 1)"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "tools/common"))
import http_port  # noqa: E402
import node as of_node  # noqa: E402
import tunnel  # noqa: E402
from node import Node, Prober, expect, failures, wait_for  # noqa: E402

ROUNDS = int(sys.argv[3]) if sys.argv[2:3] == ["--rounds"] else 1
GROWN_MB = 48  # of RSS, which allocator and kernel may keep
of_node.tools = os.environ.pop("PRISM_BUILD_DIR") + "/tools"  # prismd refuses variables with its prefix
of_node.scratch = scratch = tempfile.mkdtemp()
os.chmod(scratch, 0o755)
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def parts(node):
    for work in (tunnel.hellos, *(tunnel.inside, http_port.requests, http_port.uploads, tunnel.flood, http_port.flood) * ROUNDS):
        began = time.monotonic()
        work(node)
        print(f"{work.__module__} {work.__name__}: {time.monotonic() - began:.1f} s", flush=True)


def indexed(node):
    try:
        return node.metric("prism_firehose_durable_seq") > 200 and node.status().returncode == 0
    except OSError:
        return False


def run(relay):
    node = Node(relay)
    try:
        wait_for("the node indexes", lambda: indexed(node))
        node.status()
        before = node.size()
        prober = Prober(node)
        try:
            parts(node)
        finally:
            prober.verdict()

        def nobody():
            return all(node.metric(f"prism_tunnel_open_{each}") == 0 for each in ("connections", "handshakes"))

        def as_before():
            now = node.size()
            return now[0] <= before[0] + GROWN_MB and now[1] <= before[1] + 4 and now[2] <= before[2] + 2

        wait_for("all connections are gone", nobody)
        wait_for("memory, descriptors and threads are as before", as_before, 30)
        for was, now, what in zip(before, node.size(), ("MB", "descriptors", "threads")):
            print(f"before and after: {was:.0f} and {now:.0f} {what}", flush=True)
        node.process.terminate()
        expect(node.process.wait(60) == 0, "prismd does not end with 0")
    finally:
        node.process.kill()
        node.process.wait()
        if failures:
            with open(f"{scratch}/prismd.log") as log:
                sys.stderr.write(log.read()[-4000:])


replay = subprocess.Popen([f"{of_node.tools}/prism-replay", "--base", sys.argv[1], "--rate", "1500", "--port-file", f"{scratch}/port"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
try:
    wait_for("the relay has its port", lambda: os.path.exists(f"{scratch}/port") and os.path.getsize(f"{scratch}/port"))
    with open(f"{scratch}/port") as file:
        url = "ws://127.0.0.1:" + file.read().strip()
    run(url)
finally:
    replay.kill()
    replay.wait()
    shutil.rmtree(scratch, ignore_errors=True)
print(f"{len(failures)} failures")
sys.exit(1 if failures else 0)
