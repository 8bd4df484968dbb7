"""Processes whose CPU time is counted, and limited if need be: a cgroup of version 1 or 2."""

import os
import time

_V1 = "/sys/fs/cgroup/cpu"
_V1_COUNTS = "/sys/fs/cgroup/cpuacct"
_V2 = "/sys/fs/cgroup"
_PERIOD_US = 100_000


class CpuGroup:
    def __init__(self, name, percent=None):
        """`percent` of one processor; None: as much as there is. Error: OSError, no cgroup can be made."""
        self._v1 = os.path.exists(f"{_V1}/cpu.cfs_quota_us") or os.path.exists(f"{_V1}/cpu.shares")
        name = f"prism-{os.getpid()}-{name}"
        self._paths = {f"{root}/{name}" for root in ((_V1, _V1_COUNTS) if self._v1 else (_V2,))}
        if not self._v1:
            _write(f"{_V2}/cgroup.subtree_control", "+cpu")
        for path in self._paths:
            os.makedirs(path, exist_ok=True)
        self._limits = f"{_V1 if self._v1 else _V2}/{name}"
        self._counts = f"{_V1_COUNTS if self._v1 else _V2}/{name}"
        if percent is not None:
            quota = _PERIOD_US * percent // 100
            if self._v1:
                _write(f"{self._limits}/cpu.cfs_period_us", _PERIOD_US)
                _write(f"{self._limits}/cpu.cfs_quota_us", quota)
            else:
                _write(f"{self._limits}/cpu.max", f"{quota} {_PERIOD_US}")

    def add(self, pid):
        """The process; what it starts from now on comes too."""
        for path in self._paths:
            _write(f"{path}/cgroup.procs", pid)

    def seconds(self):
        """CPU time used so far."""
        if self._v1:
            with open(f"{self._counts}/cpuacct.usage") as file:
                return int(file.read()) / 1e9
        return self._stat("usage_usec") / 1e6

    def throttled_share(self):
        """Of the periods in which it had something to do, the part in which the limit stopped it."""
        periods = self._stat("nr_periods")
        return self._stat("nr_throttled") / periods if periods else 0.0

    def remove(self):
        """Its processes have ended, or are about to."""
        deadline = time.monotonic() + 10
        for path in self._paths:
            while os.path.exists(path):
                try:
                    os.rmdir(path)
                except OSError:
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.05)

    def _stat(self, name):
        with open(f"{self._limits}/cpu.stat") as file:
            return int(dict(line.split() for line in file).get(name, 0))


def _write(path, value):
    with open(path, "w") as file:
        file.write(str(value))


def remove_left_over():
    """Groups of processes that were killed before they could."""
    for root in (_V1, _V1_COUNTS, _V2):
        for name in os.listdir(root) if os.path.isdir(root) else ():
            parts = name.split("-")
            if parts[0] == "prism" and len(parts) > 2 and not os.path.exists(f"/proc/{parts[1]}"):
                try:
                    os.rmdir(f"{root}/{name}")
                except OSError:
                    pass  # not ours, or still used
