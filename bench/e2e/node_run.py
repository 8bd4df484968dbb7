"""One timed run of a node."""

import collections
import os
import time
from dataclasses import dataclass

from child import start
from processes import cpu_seconds_of, cpu_seconds_of_tree, peak_rss_mb
from psql import Repeated

_POLL_SECONDS = 0.02
IDLE_SECONDS = 10.0
_ENDING_SECONDS = 1.0  # after the last commit, and at the end, when the node stops its parts


@dataclass
class NodeRun:
    """`seconds`: from the schema's completion, just before the node connects, to the last commit, as
    `postgres_cpu_s` and `log_bytes`, the server's; `prismd_cpu_s` includes the start. `idle_cpu_percent`:
    prismd's in the last IDLE_SECONDS before it ended, as far as they are after the last commit."""

    seconds: float
    prismd_cpu_s: float
    postgres_cpu_s: float
    log_bytes: int
    idle_cpu_percent: float
    peak_rss_mb: float


def _idle_percent(looks, last_commit):
    """Of (time, CPU seconds), in their order. Error: RuntimeError."""
    until = looks[-1][0] - _ENDING_SECONDS
    since = max(until - IDLE_SECONDS, last_commit + _ENDING_SECONDS)
    idle = [look for look in looks if since <= look[0] <= until]
    if not idle or idle[-1][0] - idle[0][0] < IDLE_SECONDS / 2:
        raise RuntimeError("prismd ended too soon for a look at its idle cost")
    early, late = idle[0], idle[-1]
    return 100 * (late[1] - early[1]) / (late[0] - early[0])


def run_node(command, conninfo, postgres_pid, log_path):
    """Runs the node until it ends by itself, more than IDLE_SECONDS after the last frame came. Error:
    RuntimeError."""
    progress = Repeated(conninfo, "SELECT count(*) || ':' || sum(seq) FROM firehose_cursor")
    log = Repeated(conninfo, "SELECT pg_current_wal_insert_lsn() - '0/0'")
    begin = end = prismd_end = None
    last = None
    peak = 0.0
    looks = collections.deque(maxlen=round(2 * IDLE_SECONDS / _POLL_SECONDS))
    with open(log_path, "ab") as lines:
        node = start(command, lines)
    try:
        while True:
            ended, status = os.waitpid(node.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, peak_rss_mb(node.pid))
            now, state, cpu = time.monotonic(), progress.ask(), cpu_seconds_of(node.pid)
            if cpu is not None:
                looks.append((now, cpu))
            if state is not None and not state.startswith("0:") and begin is None:
                begin, last = now, state
                postgres_cpu = cpu_seconds_of_tree(postgres_pid)
                log_begin = int(log.ask())
            if begin is not None and state != last:
                end, last = now, state
                log_end = int(log.ask())
                prismd_end = cpu
                postgres_end = cpu_seconds_of_tree(postgres_pid)
            time.sleep(_POLL_SECONDS)
    except BaseException:
        node.kill()
        raise
    finally:
        progress.close()
        log.close()
    if status != 0:
        raise RuntimeError(f"prismd ended with wait status {status}")
    if begin is None or end is None or prismd_end is None:
        raise RuntimeError("prismd ended without having committed anything")
    return NodeRun(
        seconds=end - begin,
        prismd_cpu_s=prismd_end,
        postgres_cpu_s=postgres_end - postgres_cpu,
        log_bytes=log_end - log_begin,
        idle_cpu_percent=_idle_percent(list(looks), end),
        peak_rss_mb=peak,
    )
