"""A long run at a steady rate: how far the cluster is behind what prism-synth streams."""

import json
import re
import time

from sampling import percentile
from totals import differences

LAG_SECONDS = 2.0
# From the end of a fault until the cluster is as near as that again.
_RECOVERY_SECONDS = 50
_LOOK_SECONDS = 0.2


class Soak:
    def __init__(self, cluster):
        self._cluster = cluster
        self._rate = cluster.plan["rate"]
        self._minutes = cluster.plan["soak_minutes"]
        self._begin = float(self._said(r"^streaming since ([0-9.]+)$"))
        self._took = []

    def goes_on(self):
        """Whether there is time for another fault."""
        return time.time() < self._begin + self._minutes * 60 - 60

    def recovered(self):
        """Waits until the cluster is not behind. @returns a few words. Error: RuntimeError."""
        since = time.time()
        while (lag := self._lag()) > LAG_SECONDS:
            if time.time() - since > _RECOVERY_SECONDS:
                raise RuntimeError(f"{_RECOVERY_SECONDS} s later still {lag:.1f} s behind")
            time.sleep(_LOOK_SECONDS)
        self._took.append(time.time() - since)
        return f"not behind after {self._took[-1]:.1f} s"

    def finish(self):
        """Waits for the end of the stream. @returns sentences about what differs."""
        deadline = self._begin + self._minutes * 60 * 1.5 + 300
        totals = None
        while totals is None or self._cluster.state().lowest() < totals["frames"]:
            if time.time() > deadline:
                return ["not everything was committed in time"]
            time.sleep(1)
            found = self._said(r"^(\{.*\})$")
            totals = json.loads(found) if found else None
        self._frames = totals["frames"]
        differ = differences(self._cluster.conninfo, totals["totals"])
        return [f"{name}: {want} expected, {found} found" for name, (want, found) in differ.items()]

    def lines(self):
        yield (
            f"lag below {LAG_SECONDS:.0f} s again after each fault: {percentile(self._took, 50):.1f} s in the "
            f"middle, {max(self._took, default=0):.1f} s at most; {self._rate} events per second for {self._minutes} minutes"
        )

    def _lag(self):
        """Seconds by which the lowest cursor is behind: event N is due N / rate after the begin."""
        return time.time() - self._begin - self._cluster.state().lowest() / self._rate

    def _said(self, pattern):
        """What the relay has written; None if it has not."""
        found = re.search(pattern, self._cluster.relay.log_since_start(), re.MULTILINE)
        return found[1] if found else None
