"""What can be seen of a running node from outside: its metrics, and what Linux knows of it."""

import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

_BUCKET = re.compile(r'^(\w+)_bucket\{[^}]*le="([^"]+)"\} ([0-9.eE+-]+)$', re.MULTILINE)
_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? ([0-9.eE+-]+)$", re.MULTILINE)


@dataclass
class Sample:
    """One look at a node."""

    at: float  # seconds since 1970
    rss_mb: float
    threads: int
    descriptors: int
    metrics: dict  # by name, summed over labels
    buckets: dict  # of histograms, by name: (upper bound, number of those at most as large), ascending

    def value(self, name):
        return self.metrics.get(name, 0.0)


def sample(pid, url):
    """Error: RuntimeError if the process is gone or its metrics cannot be had."""
    try:
        rss_mb, threads, descriptors = resources(pid)
        at = time.time()
        with urllib.request.urlopen(url, timeout=10) as answer:
            text = answer.read().decode()
        return Sample(
            at,
            rss_mb,
            threads,
            descriptors,
            _summed(text),
            _buckets(text),
        )
    except (OSError, KeyError, urllib.error.URLError) as problem:
        raise RuntimeError(f"prismd cannot be looked at: {problem!r}") from problem


def resources(pid):
    """Memory in MB, threads, descriptors. Error: OSError or KeyError, the process is gone."""
    status = _status(pid)
    return _mb(status["VmRSS"]), int(status["Threads"]), len(os.listdir(f"/proc/{pid}/fd"))


def cpu_pressure_s():
    """Seconds since the boot in which some process of the machine waited for a CPU (PSI); None if
    the kernel does not tell."""
    try:
        with open("/proc/pressure/cpu", encoding="ascii") as file:
            return int(re.search(r"some .*total=(\d+)", file.read())[1]) / 1e6
    except (OSError, TypeError):
        return None


def peak_rss_mb(pid):
    """Error: RuntimeError if the process is gone."""
    try:
        return _mb(_status(pid)["VmHWM"])
    except (OSError, KeyError) as problem:
        raise RuntimeError(f"process {pid} cannot be looked at: {problem!r}") from problem


def _status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return dict(line.split(":", 1) for line in status)


def _mb(kilobytes):
    return int(kilobytes.split()[0]) / 1024


def _summed(text):
    sums = {}
    for name, value in _SAMPLE.findall(text):
        sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def _buckets(text):
    sums = {}
    for name, bound, count in _BUCKET.findall(text):
        of_name = sums.setdefault(name, {})
        of_name[float(bound)] = of_name.get(float(bound), 0.0) + float(count)
    return {name: sorted(of_name.items()) for name, of_name in sums.items()}


def quantile(buckets, share):
    """Of a histogram, even within each bucket, as Prometheus takes it; None of nothing."""
    if not buckets or buckets[-1][1] == 0:
        return None
    rank = share * buckets[-1][1]
    below, count_below = 0.0, 0.0
    for bound, count in buckets:
        if count >= rank:
            if bound == float("inf"):
                return below
            part = (rank - count_below) / (count - count_below) if count > count_below else 1.0
            return below + (bound - below) * part
        below, count_below = bound, count
    return below


def slope(points):
    """Least squares over (x, y); 0 for fewer than two x."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def percentile(values, percent):
    """The smallest value that `percent` of 100 do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0
