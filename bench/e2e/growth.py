"""The rate of a node while its database grows from nothing."""

import re
import statistics
import time
from dataclasses import dataclass

from child import start
from processes import cpu_seconds_of_tree
from sampling import sample

STEP = 100_000
_POLL_SECONDS = 0.2


@dataclass
class Growth:
    """`rates`: operations per second of each STEP operations, in their order."""

    rates: list
    seconds: float
    prismd_cpu_s: float
    postgres_cpu_s: float

    @property
    def worst(self):
        return min(self.rates)

    @property
    def median(self):
        return statistics.median(self.rates)


class _Steps:
    """When each STEP was reached, by interpolation between two looks."""

    def __init__(self):
        self.reached = []
        self._last = None

    def see(self, at, done):
        if self._last is not None and done > self._last[1]:
            before, had = self._last
            while (goal := STEP * len(self.reached)) <= done:
                share = max(0.0, (goal - had) / (done - had))
                self.reached.append(before + share * (at - before))
        self._last = at, done

    def rates(self):
        return [STEP / (late - early) for early, late in zip(self.reached, self.reached[1:])]


def _metrics_url(node, log_path):
    """Where the node serves its metrics, once it says so. Error: RuntimeError."""
    while node.poll() is None:
        with open(log_path, encoding="utf-8", errors="replace") as log:
            if found := re.search(r"metrics on (http://\S+)", log.read()):
                return found[1]
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"prismd ended during its start, with {node.returncode}")


def grow(command, last_seq, postgres_pid, log_path, say):
    """Runs the node until it has committed `last_seq`, then ends it. Error: RuntimeError."""
    with open(log_path, "ab") as log:
        node = start(command, log)
    try:
        postgres_cpu = cpu_seconds_of_tree(postgres_pid)
        url = _metrics_url(node, log_path)
        steps = _Steps()
        shown = 0
        while True:
            if node.poll() is not None:
                raise RuntimeError(f"prismd ended early, with {node.returncode}")
            seen = sample(node.pid, url)
            done = seen.value("prism_batch_ops_sum")
            steps.see(seen.at, done)
            rates = steps.rates()
            for rate in rates[shown:]:
                shown += 1
                say(f"   {shown * STEP:>9,} operations: {rate:>7,.0f} per second")
            if seen.value("prism_firehose_durable_seq") >= last_seq:
                break
            time.sleep(_POLL_SECONDS)
        return Growth(
            rates=rates,
            seconds=seen.at - steps.reached[0],
            prismd_cpu_s=seen.value("process_cpu_seconds_total"),
            postgres_cpu_s=cpu_seconds_of_tree(postgres_pid) - postgres_cpu,
        )
    finally:
        node.terminate()
        node.wait()
