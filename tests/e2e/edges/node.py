"""A node with both of its ports, and whoever looks at it all the time."""

import os
import re
import subprocess
import threading
import time
import urllib.request

from foreign_client import Door
from free_port import free_port

scratch = ""  # a directory; set before all else
tools = ""
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}", flush=True)


def wait_for(what, condition, patience=60):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            expect(False, f"waited in vain until {what}")
            return
        time.sleep(0.1)


class Node:
    def __init__(self, relay):
        self.http = free_port()
        self.tls, self.other = f"{scratch}/tls", f"{scratch}/other"
        self.door = Door(free_port(), self.tls)
        self._certificates()
        self.log = open(f"{scratch}/prismd.log", "wb")
        self.process = subprocess.Popen(
            [f"{tools}/prismd", f"--relay-url={relay}", f"--data-dir={scratch}/data", "--start-cursor=oldest", "--shards=2",
             "--identity-lookups=off", f"--metrics-listen=127.0.0.1:{self.http}", f"--tunnel-listen=127.0.0.1:{self.door.port}",
             f"--tunnel-certificate={self.tls}/node.crt", f"--tunnel-key={self.tls}/node.key",
             f"--tunnel-authority={self.tls}/ca.crt", f"--tunnel-revoked={self.tls}/crl.pem"],
            stdin=subprocess.DEVNULL, stderr=self.log)  # fmt: skip

    def _certificates(self):
        def tls(*words, at=None):
            clock = ["faketime", at] if at else []
            subprocess.run([*clock, f"{tools}/prismctl", "tls", *words], check=True, capture_output=True)

        tls("init", self.tls, "--name", "prism", at="30 days ago")
        tls("init", self.other, "--name", "prism")
        tls("issue", self.tls, "--role", "node", "node", "--host", "127.0.0.1")
        for name, role in (("vera", "viewer"), ("otto", "operator"), ("gone", "operator")):
            tls("issue", self.tls, "--role", role, name)
        tls("issue", self.tls, "--role", "operator", "late", "--days", "1", at="9 days ago")
        tls("issue", self.tls, "--role", "operator", "early", at="+9 days")
        tls("issue", self.other, "--role", "operator", "stranger")
        tls("revoke", self.tls, "gone")

    def get(self, path, timeout=5):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=timeout) as answer:
            return answer.read().decode()

    def metric(self, series):
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def status(self):
        who = f"{self.tls}/otto"
        return subprocess.run([f"{tools}/prismctl", "--node", f"127.0.0.1:{self.door.port}", "--authority", f"{self.tls}/ca.crt",
                               "--certificate", f"{who}.crt", "--key", f"{who}.key", "status"],
                              capture_output=True, text=True)  # fmt: skip

    def size(self):
        """RSS in MB, descriptors, threads."""
        with open(f"/proc/{self.process.pid}/status") as file:
            found = dict(line.split(":", 1) for line in file)
        descriptors = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return int(found["VmRSS"].split()[0]) / 1024, descriptors, int(found["Threads"])


class Prober(threading.Thread):
    """Looks all the time, as Prometheus and an operator would. Each answer has a second; on a machine that is slow
    without strangers, three times as long as the slowest one took then."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.done = node, threading.Event()
        self.times = {}
        for _ in range(5):
            self._look()
        self.limits = {name: max(1, 3 * max(times)) for name, times in self.times.items()}
        self.times = {}
        self.start()

    def run(self):
        while not self.done.wait(0.05):
            self._look()

    def _look(self):
        for name, look in (("readyz", self._ready), ("status", self._status)):
            began = time.monotonic()
            problem = look()
            self.times.setdefault(name, []).append(time.monotonic() - began)
            expect(not problem, f"{name} during it: {problem}")

    def _ready(self):
        try:
            self.node.get("/readyz")
        except OSError as problem:
            return problem

    def _status(self):
        said = self.node.status()
        return said.stderr if said.returncode else ""

    def verdict(self):
        self.done.set()
        self.join()
        for name, times in self.times.items():
            limit = self.limits[name]
            late = [f"{each:.2f} s" for each in times if each >= limit]
            print(f"{name}: {len(times)} answers, the slowest after {max(times) * 1000:.0f} ms of {limit * 1000:.0f}", flush=True)
            # Two, or one in a hundred, may be the fault of a machine that is busy for a moment.
            expect(len(late) <= max(2, len(times) // 100), f"{name}: late answers: {', '.join(late)}")
