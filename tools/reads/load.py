#!/usr/bin/env python3
"""Reads under load: what strangers and a bad standby do to reads and to writes. See scripts/reads-load.

usage: load.py DIRECTORY BENCH_RPC NODE STANDBY PRISMCTL PRIMARY_CONNINFO STANDBY_CONNINFO SECONDS RATE

DIRECTORY has the recorded calls ("calls") and what tells the proxy its orders ("orders"). NODE, STANDBY, PRISMCTL: commands, as JSON.
"""

import json
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

import standby as phases_of_standby
from process import Process, wait_until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
METHODS = "GetPostRecords,GetActors,GetTimeline,GetAuthorFeed,GetRelationships,GetThread,GetFollowers,GetNotifications"


class Node:
    """What its metrics say."""

    def __init__(self, port, pid):
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._pid = pid

    def read(self):
        out = {}
        for line in urllib.request.urlopen(self._url, timeout=20).read().decode().splitlines():
            if line.startswith("prism_") and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                out[series] = float(value)
        out["rss"] = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self._pid}/status").read_text())[1]) / 1024
        return out

    def ready(self):
        try:
            return urllib.request.urlopen(self._url.replace("metrics", "readyz"), timeout=5).status
        except urllib.error.HTTPError as refused:
            return refused.code


class Watch(threading.Thread):
    """The highest of what must stay low, looked at twice a second."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self._node, self._over = node, threading.Event()
        self.lag = self.rss = self.buffered = self.waiting = self.behind = 0.0

    def run(self):
        while not self._over.wait(0.5):
            now = self._node.read()
            self.lag = max(self.lag, now["prism_firehose_uncommitted_age_seconds"])
            self.rss = max(self.rss, now["rss"])
            self.buffered = max(self.buffered, now["prism_dataplane_buffered_bytes"])
            self.waiting = max(self.waiting, now["prism_dataplane_waiting_calls"])
            self.behind = max(self.behind, now["prism_dataplane_staleness_seconds"])

    def stop(self):
        self._over.set()
        self.join()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def half_open(port, seconds, number=1000, connections=10):
    """Streams whose headers come, and whose bodies do not."""
    block = b"\x83\x86" + b"\x44\x0d" + b"/bsky.Service" + b"\x41\x01x"  # POST, http, a path, an authority
    held = []
    for _ in range(connections):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.sendall(PREFACE + frame(4, 0, 0))
        for i in range(number // connections):
            peer.sendall(frame(1, 4, 2 * i + 1, block))
        held.append(peer)
    time.sleep(seconds)
    for peer in held:
        peer.close()
    return f"{number} streams on {connections} connections"


def garbage(port, seconds, total=1 << 30):
    """Bytes that are no HTTP/2, as many as are taken, to new connections."""
    block = pathlib.Path("/dev/urandom").open("rb").read(1 << 20)
    sent = times = 0
    end = time.monotonic() + seconds
    while sent < total and time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as peer:
            times += 1
            try:
                # Every second one begins well, and then sends a body that never ends.
                if times % 2:
                    peer.sendall(PREFACE + frame(4, 0, 0))
                while sent < total:
                    peer.sendall(block)
                    sent += len(block)
            except OSError:
                sent += len(block)
    time.sleep(max(0, end - time.monotonic()))
    return f"{sent >> 20} MB in {times} connections"


UNAVAILABLE = 14
# dataplane-timeout-ms is 5,000 in these runs; a quarter of a second later the node answers by itself.
LONGEST_MS = 6_000


class Load:
    def __init__(self, recording, bench, port, fail):
        self._calls, self._bench, self._port, self._fail = recording, bench, port, fail
        self.calls = self.failed = 0  # of the last load

    def __call__(self, seconds, connections, in_flight=1):
        text = subprocess.run(
            [self._bench, "127.0.0.1", str(self._port), "--connections", str(connections), "--in-flight",
             str(in_flight), "--rounds", "1000000", "--seconds", str(seconds), "--only", METHODS],
            stdin=self._calls.open("rb"), capture_output=True, text=True,
        )  # fmt: skip
        lines = text.stdout.splitlines() or [text.stderr.strip()]
        slowest = max((int(line.split()[5]) for line in lines if line.startswith("Get")), default=0)
        if numbers := re.match(r"(\d+) calls, (\d+) failed", lines[-1]):
            self.calls, self.failed = map(int, numbers.groups())
        statuses = "; ".join(line[2:] for line in lines if line.startswith("# status"))
        for status, calls in re.findall(r"status (\d+): (\d+) calls", statuses):
            if int(status) != UNAVAILABLE:
                self._fail(f"{calls} calls failed with status {status} instead of UNAVAILABLE")
        if slowest / 1000 > LONGEST_MS:
            self._fail(f"a call was answered after {slowest / 1000:.0f} ms")
        return f"{lines[-1]}, slowest {slowest / 1000:.0f} ms" + (f"; {statuses}" if statuses else "")


def start_node(command, log):
    """@returns the process, where its metrics are and where its data plane is."""
    node = Process("prismd", command, log)
    node.start()

    def port(after):
        found = re.search(after + r"[\d.]*:(\d+)", node.log_since_start())
        return int(found[1]) if found else None

    places = r"metrics on http://", r"answering bsky\.Service on "
    wait_until(lambda: all(map(port, places)) or not node.runs(), "prismd to listen")
    return node, *map(port, places)


def main():
    directory, bench, node_command, standby_command, ctl, primary, conninfo, seconds, rate = sys.argv[1:]
    directory, seconds, rate, ctl = pathlib.Path(directory), int(seconds), float(rate), json.loads(ctl)
    standby = phases_of_standby.Standby(json.loads(standby_command), directory / "standby.log", primary, conninfo)
    standby.start()
    process, metrics_port, port = start_node(json.loads(node_command), directory / "prismd.log")
    node = Node(metrics_port, process.pid)
    wait_until(lambda: node.ready() == 200, "/readyz to be 200")
    problems = []
    fail = problems.append
    load = Load(directory / "calls", bench, port, fail)
    proxy = (directory / "orders").open("w", buffering=1)

    def slow():
        proxy.write("delay 50\n")
        try:
            return load(seconds, 100, 4)
        finally:
            proxy.write("pass\n")

    def silent():
        proxy.write("black-hole\n")
        try:
            return load(seconds, 100) + f"; /readyz {node.ready()}"
        finally:
            proxy.write("pass\n")

    phases = {
        "no reads": lambda: time.sleep(seconds) or "nothing",
        "100 clients": lambda: load(seconds, 100),
        "100 clients, slow database": slow,
        "100 clients, silent database": silent,
        "100 clients again": lambda: load(seconds, 100),
        "100 clients, standby behind": lambda: phases_of_standby.behind(standby, node, load, ctl, seconds, fail),
        "100 clients, no standby": lambda: phases_of_standby.gone(standby, node, load, seconds, fail),
        "half-open streams": lambda: half_open(port, seconds),
        "garbage": lambda: garbage(port, seconds),
        "100 clients at the end": lambda: load(seconds, 100),
    }
    failed = 0
    base = None
    print("phase | frames/s written | oldest uncommitted, s | RSS MB | buffered MB | waiting | behind, s | what the clients saw")
    for name, act in phases.items():
        problems.clear()
        before, began = node.read(), time.monotonic()
        watch = Watch(node)
        watch.start()
        seen = act()
        watch.stop()
        took = time.monotonic() - began
        after = node.read()
        written = (after["prism_firehose_durable_seq"] - before["prism_firehose_durable_seq"]) / took
        base = base or watch.rss
        print(f"{name} | {written:.0f} | {watch.lag:.2f} | {watch.rss:.0f} | {watch.buffered / 1e6:.1f} | "
              f"{watch.waiting:.0f} | {watch.behind:.1f} | {seen}", flush=True)  # fmt: skip
        for problem in (
            f"only {written:.0f} of {rate:.0f} frames/s were written" if written < 0.9 * rate else None,
            f"a frame waited {watch.lag:.1f} s" if watch.lag > 3 else None,
            f"it needs {watch.rss - base:.0f} MB more" if watch.rss > base + 256 else None,
            *problems,
        ):
            if problem:
                failed += 1
                print(f"FAILED: {name}: {problem}", flush=True)
    process.end(signal.SIGTERM)
    standby.end()
    print(f"{len(phases)} phases, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
