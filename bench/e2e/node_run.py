"""One timed run of a node."""

import os
import time
from dataclasses import dataclass

from child import start
from processes import cpu_seconds_of_tree, peak_rss_mb
from psql import Repeated

_POLL_SECONDS = 0.02


@dataclass
class NodeRun:
    """`seconds`: from the schema's completion, just before the node connects, to the last commit."""

    seconds: float
    prismd_cpu_s: float
    postgres_cpu_s: float
    peak_rss_mb: float


def run_node(command, conninfo, postgres_pid, log_path):
    """Runs the node until it ends by itself. Error: RuntimeError."""
    progress = Repeated(conninfo, "SELECT count(*) || ':' || sum(seq) FROM firehose_cursor")
    begin = end = None
    last = None
    peak = 0.0
    postgres_cpu = cpu_seconds_of_tree(postgres_pid)
    with open(log_path, "ab") as log:
        node = start(command, log)
    try:
        while True:
            ended, status, usage = os.wait4(node.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, peak_rss_mb(node.pid))
            now, state = time.monotonic(), progress.ask()
            if state is not None and not state.startswith("0:") and begin is None:
                begin, last = now, state
            if begin is not None and state != last:
                end, last = now, state
                postgres_end = cpu_seconds_of_tree(postgres_pid)
            time.sleep(_POLL_SECONDS)
    except BaseException:
        node.kill()
        raise
    finally:
        progress.close()
    if status != 0:
        raise RuntimeError(f"prismd ended with wait status {status}")
    if begin is None or end is None:
        raise RuntimeError("prismd ended without having committed anything")
    return NodeRun(
        seconds=end - begin,
        prismd_cpu_s=usage.ru_utime + usage.ru_stime,
        postgres_cpu_s=postgres_end - postgres_cpu,
        peak_rss_mb=peak,
    )
