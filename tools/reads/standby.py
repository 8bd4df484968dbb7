"""The standby that the readers of a run have, and what it does to them when it is behind or gone."""

import json
import signal
import subprocess
import time

from process import Process, wait_until
from psql import query

# The node looks how far the standby is behind every ten seconds.
_LOOK_SECONDS = 30


class Standby:
    def __init__(self, command, log_path, primary, conninfo):
        self._server = Process("the standby", command, log_path)
        self._primary, self._conninfo = primary, conninfo

    def start(self):
        """Returns when it follows its primary. Error: RuntimeError."""
        self._server.start()
        wait_until(self._follows, "the standby to follow")

    def end(self):
        self._server.end(signal.SIGINT)

    def hold(self, held):
        """Whether it shows nothing of what it receives."""
        query(self._conninfo, f"SELECT pg_wal_replay_{'pause' if held else 'resume'}()")

    def seqs(self):
        """How far the rows are that the standby shows, and the primary's: the numbers of all frames, added up."""
        return [int(query(each, "SELECT sum(seq) FROM firehose_cursor")[0][0]) for each in (self._conninfo, self._primary)]

    def _follows(self):
        try:
            return bool(query(self._conninfo, "SELECT pid FROM pg_stat_wal_receiver WHERE status = 'streaming'"))
        except RuntimeError:
            return False


def _seconds_until(holds, what):
    began = time.monotonic()
    wait_until(holds, what, _LOOK_SECONDS)
    return time.monotonic() - began


def behind(standby, node, load, ctl, seconds, fail):
    """The replay stands still: what was there is answered, and how old it is can be seen."""
    staleness = lambda: node.read()["prism_dataplane_staleness_seconds"]  # noqa: E731
    standby.hold(True)
    # The pause takes effect when the record that is being replayed is done.
    time.sleep(0.5)
    old, _ = standby.seqs()
    seen = load(seconds, 100)
    _seconds_until(lambda: staleness() > min(seconds, 10) / 2, "the staleness to show")
    shown = staleness()
    said = json.loads(subprocess.run([*ctl, "--json", "reads"], check=True, capture_output=True, text=True).stdout)
    said = _find(said, "staleness_seconds")
    now, primary = standby.seqs()
    if load.failed:
        fail(f"{load.failed} calls were not answered")
    if now != old or primary <= old:
        fail(f"the standby went on from {old} to {now}, or the primary, at {primary}, did not")
    if not said or said < 1:
        fail(f"prismctl reads says that it is {said} s behind")
    if node.ready() != 200:
        fail(f"/readyz is {node.ready()}")
    standby.hold(False)
    took = _seconds_until(lambda: staleness() < 1, "the staleness to end")
    return f"{seen}; {primary - now} frames and {shown:.0f} s behind (prismctl: {said:.0f} s), {took:.0f} s after the end below 1 s"


def gone(standby, node, load, seconds, fail):
    """Its server ends, and is started again."""
    standby.end()
    seen = load(seconds, 100)
    if load.failed != load.calls:
        fail(f"{load.calls - load.failed} calls were answered by a server that is not there")
    ready = node.ready()
    if ready != 503:
        fail(f"/readyz is {ready}")
    standby.start()
    took = _seconds_until(lambda: node.ready() == 200, "/readyz to be 200 again")
    load(1, 1)
    if load.failed:
        fail(f"{load.failed} of {load.calls} calls failed after its return")
    return f"{seen}; /readyz {ready}, 200 {took:.1f} s after its return"


def _find(value, name):
    """The first member of that name."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        if (found := _find(each, name)) is not None:
            return found
    return None
