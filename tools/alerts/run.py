#!/usr/bin/env python3
"""Plants faults around a live node and watches whether each raises its alert, and whether that goes again.

usage: run.py PLAN

PLAN is a JSON file: kinds (names; none: all), factor (by which the times of the rules are divided), logs,
target (the node's metrics), tunnel and reads (its other ports), prismctl, tls (the directory of certificates), and what
tools/faults/stage.py says. A line per fault goes to the standard error; the last line of
the standard output: N faults, F failed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[1:1] = [f"{ROOT}/tools/{each}" for each in ("faults", "monitoring", "common")]

from dashboard import complaints_about_names, without_answer  # noqa: E402
import cluster_kinds  # noqa: E402, F401: adds its kinds
from kinds import KINDS  # noqa: E402
from monitoring import Monitoring  # noqa: E402
from process import Process, wait_until  # noqa: E402
from proxy import Proxy  # noqa: E402
from psql import query  # noqa: E402
from scale import scaled  # noqa: E402
from stage import Stage, names_unknown  # noqa: E402

# For the node to notice, for the times of the rules, and for everything that is slow here.
PATIENCE_SECONDS = 60
# The longest time of the rules: for so long some alerts wait, and stay when all is well again.
WINDOW_SECONDS = 3600

# A pace at which the whole sample is seen within seconds.
BUSY = "--rate=1000"


class Run(Stage):
    """All that takes part, running."""

    def __init__(self, plan):
        super().__init__(plan)
        self.target = plan["target"]
        self.reads = plan["reads"]
        self.factor = plan["factor"]
        self.logs = plan["logs"]
        self.tls = plan["tls"]
        self._plan = plan
        self._prismctl, self._tunnel = plan["prismctl"], plan["tunnel"]
        with open(f"{ROOT}/deploy/prometheus/prism.rules.yml") as file:
            rules = scaled(file.read(), plan["factor"])
        self.monitoring = Monitoring(self.logs, rules, plan["factor"], self.target)
        self.planted = 0.0
        self._afterwards = []

    def start(self):
        self.database.start()
        self.start_relay(BUSY)
        self.node.start()
        self.monitoring.start()
        self.wait_until_well()

    def stop(self):
        self.monitoring.stop()
        self.proxy.order("pass")
        self.end(signal.SIGKILL)

    # -- for the kinds of fault ------------------------------------------------------------------

    def planted_now(self):
        self.planted = time.monotonic()

    def afterwards(self, step):
        """To be done when the alert is gone."""
        self._afterwards.append(step)

    @contextlib.contextmanager
    def other_relay(self, *more):
        self.relay.kill()
        self.leave_half()
        self.start_relay(*more)
        try:
            yield
        finally:
            self.relay.kill()
            self.start_relay()

    @contextlib.contextmanager
    def empty_database(self, rate):
        """Nothing is indexed yet, so every record that comes is written."""
        self.relay.kill()
        self.node.kill()
        query(self.database.conninfo, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.start_relay(rate)
        self.node.start()
        wait_until(lambda: self.database.highest_seq() > 0, "the first commit")
        try:
            yield
        finally:
            self.relay.kill()
            self.start_relay()

    @contextlib.contextmanager
    def odd_relay(self, mode):
        self.relay.kill()
        port = next(word for word in self.relay.command if word.startswith("--listen=")).rpartition(":")[2]
        odd = Process("the odd relay", [sys.executable, f"{ROOT}/tools/alerts/odd_relay.py", port, mode],
                      f"{self.logs}/odd_relay.log")  # fmt: skip
        odd.start()
        try:
            yield
        finally:
            odd.kill()
            self.node.kill()
            self.database.rewind(0)  # its numbers mean nothing to the usual relay
            self.start_relay()
            self.node.start()

    @contextlib.contextmanager
    def other_node(self, *more, unread=False):
        self.node.kill()
        own = self.node
        command = [*self.node_command, *more]
        if unread:
            command = ["sh", "-c", 'mkfifo "$0"; exec 3<>"$0"; exec "$@" 2>&3', f"{self.logs}/unread", *command]
        self.node = Process("prismd", command, f"{self.logs}/prismd.log")
        self.node.start()
        try:
            yield
        finally:
            self.node.end(signal.SIGKILL)
            self.node = own
            self.node.start()

    def wait_for_progress(self):
        goal = self.database.highest_seq() + 30
        wait_until(lambda: self.database.highest_seq() >= goal, f"seq {goal}")

    def wait_until_scraped(self):
        start = self._start_of_node()
        wait_until(
            lambda: self.monitoring.value(f"process_start_time_seconds >= {start}") is not None, "a scrape"
        )

    def issue_certificate(self, days):
        """A new one of the node, which reads it within 10 seconds."""
        subprocess.run([self._prismctl, "tls", "issue", self.tls, "--role", "node", "node", "--host", "127.0.0.1",
                        "--days", str(days), "--force"], check=True, capture_output=True)  # fmt: skip

    def look_with_revoked_certificate(self):
        self._prismctl_as("gone", "status")

    def operate(self, *words):
        """An operator's action. Error: RuntimeError with prismctl's words."""
        done = self._prismctl_as("operator", *words, "--why", "a planted fault")
        if done.returncode != 0:
            raise RuntimeError(f"prismctl {' '.join(words)}: {done.stderr.decode()}")

    def new_proxy(self):
        """Before the database, for another node."""
        return Proxy(self._plan["proxy"], self._plan["socket"], self._proxy_log)

    def node_at(self, proxy):
        """The node's command, with its database behind this proxy."""
        return [word.replace("{port}", str(proxy.port)) for word in self._plan["node"]]

    def wait_until_ready(self):
        def ready():
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://{self.target}/readyz", timeout=5) as answer:
                    return answer.status == 200
            return False

        wait_until(ready, "a node that is ready")

    def ask_about_everybody(self):
        query(self.database.conninfo, "UPDATE identity_tasks SET due_at = now(), attempts = 0")

    def leave_half(self):
        """Or the stream ends, and with it what most alerts are about."""
        self.leave_work(1 / 2, 0)

    # -- before and after ------------------------------------------------------------------------

    def wait_until_well(self):
        def well():
            wanted = ("up", "prism_ready", "prism_firehose_connected")
            return all(self.monitoring.value(each) == 1 for each in wanted)

        wait_until(well, "a node in good health")

    def finish_kind(self):
        for step in self._afterwards:
            step()
        self._afterwards.clear()

    def _prismctl_as(self, who, *words):
        own = f"{self.tls}/{who}"
        return subprocess.run([self._prismctl, "--node", self._tunnel, "--authority", f"{self.tls}/ca.crt", "--certificate",
                               f"{own}.crt", "--key", f"{own}.key", *words], capture_output=True)  # fmt: skip

    def _start_of_node(self):
        with open(f"/proc/{self.node.pid}/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat") as file:
            boot = int(next(line for line in file if line.startswith("btime")).split()[1])
        return boot + ticks / os.sysconf("SC_CLK_TCK") - 0.5


def _await(run, kind, status, since):
    """@returns the moment at which the alert was received, and the alert. Error: RuntimeError."""
    patience = PATIENCE_SECONDS + WINDOW_SECONDS / run.factor
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := run.monitoring.receiver.find(kind.alert, status, since):
            return found
        time.sleep(0.05)
    raise RuntimeError(f"{kind.alert} is not {status} within {patience:.0f} s")


def _check(alert):
    notes = alert["annotations"]
    name = alert["labels"]["alertname"]
    if notes.get("runbook_url") != f"docs/RUNBOOKS.md#{name.lower()}":
        raise RuntimeError(f"{name} names the runbook {notes.get('runbook_url')}")
    for word in ("summary", "description"):
        if not notes.get(word) or "<no value>" in notes[word] or "error expanding" in notes[word]:
            raise RuntimeError(f"{name}: its {word} is '{notes.get(word)}'")


def _strike(run, kind):
    run.leave_half()
    run.wait_until_well()
    if kind.alert != "PrismBehind":
        wait_until(lambda: not run.monitoring.fires(kind.alert), f"{kind.alert} not to be there before")
    run.planted_now()
    problem = None
    with kind.plant(run):
        try:
            fired, alert = _await(run, kind, "firing", run.planted)
            _check(alert)
        except RuntimeError as error:  # the fault ends all the same
            problem = error
    if problem:
        raise problem
    ended = time.monotonic()
    resolved, _ = _await(run, kind, "resolved", fired)
    return f"{kind.alert} after {fired - run.planted:.1f} s, gone {resolved - ended:.1f} s after the end"


def _look_at_dashboard(run):
    """Once, in good health."""
    missing = []

    def answered():
        missing[:] = without_answer(f"{ROOT}/deploy/grafana/prism.json", run.monitoring)
        return not missing

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answered() and time.monotonic() < deadline:
        time.sleep(0.5)
    with urllib.request.urlopen(f"http://{run.target}/metrics", timeout=10) as answer:
        return missing + complaints_about_names(answer.read())


def main(arguments):
    with open(arguments[0]) as file:
        plan = json.load(file)
    if names_unknown(plan["kinds"], [kind.name for kind in KINDS]):
        return 64
    chosen = [kind for kind in KINDS if not plan["kinds"] or kind.name in plan["kinds"]]
    left_out = [kind.name for kind in chosen if kind.needs_disk and not plan["disk"]]
    failed = 0
    run = Run(plan)
    try:
        run.start()
        for line in _look_at_dashboard(run):
            print(f"FAILED: {line}", file=sys.stderr, flush=True)
            failed += 1
        run.relay.kill()
        run.start_relay()
        for kind in chosen:
            if kind.name in left_out:
                continue
            try:
                print(f"{kind.name}: {_strike(run, kind)}", file=sys.stderr, flush=True)
            except RuntimeError as error:
                print(f"{kind.name}: FAILED: {error}", file=sys.stderr, flush=True)
                failed += 1
            run.finish_kind()
    finally:
        run.stop()
    if left_out:
        print(f"left out: {', '.join(left_out)}")
    print(f"{len(chosen) - len(left_out)} faults, {failed} failed")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
