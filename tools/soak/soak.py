#!/usr/bin/env python3
"""Watches a node while prism-synth streams to it, and sums up.

usage: soak.py MINUTES RATE PID METRICS_URL RELAY_LOG TOTALS CONNINFO NODE_LOG SAMPLES
               SYNTH_PID

TOTALS is the standard output of prism-synth, RELAY_LOG its standard error, NODE_LOG that of prismd.
SAMPLES is written: a line per look. Prints one JSON object (scripts/soak --help). Exit code 0 if all
is within bounds, 1 if not or if the node ends, 2 for an error.
"""

import json
import re
import sys
import time

from sampling import cpu_pressure_s, peak_rss_mb, percentile, quantile, sample, slope
from totals import differences

LAG_BOUND_S = 2.0
SLOPE_BOUND_MB_PER_HOUR = 64.0
# In less time the first growth of every cache and buffer would be taken for a leak.
SLOPE_FROM_MINUTES = 10
_EVERY_S = 1.0
_SHOW_EVERY_S = 30.0
_ERRORS = (
    "prism_firehose_bad_frames_total",
    "prism_records_rejected_total",
    "prism_records_skipped_total",
    "prism_db_errors_total",
)


class Run:
    def __init__(self, arguments):
        self.minutes, self.rate, self.pid = float(arguments[0]), int(arguments[1]), int(arguments[2])
        self.url, self.relay_log, self.totals_file = arguments[3:6]
        self.conninfo, self.node_log, self.samples_file, self.synth_pid = arguments[6:10]
        self.samples = []
        self.pressure_before = cpu_pressure_s()

    def begin(self):
        """When the stream began, since 1970; None before. Frame N is due N / rate later."""
        with open(self.relay_log, encoding="utf-8") as log:
            found = re.search(r"^streaming since ([0-9.]+)$", log.read(), re.MULTILINE)
        return float(found[1]) if found else None

    def totals(self):
        """What prism-synth says at its end; None before."""
        with open(self.totals_file, encoding="utf-8") as file:
            text = file.read()
        return json.loads(text) if text.endswith("\n") else None

    def watch(self):
        """Looks until everything is committed. Error: RuntimeError."""
        deadline = time.time() + self.minutes * 60 * 1.5 + 300
        shown = 0.0
        with open(self.samples_file, "w", encoding="utf-8") as file:
            while time.time() < deadline:
                seen = sample(self.pid, self.url)
                totals = self.totals()
                if totals is None:
                    self.samples.append(seen)
                    print(f"{seen.at:.2f} {seen.rss_mb:.1f} {seen.threads} {seen.descriptors} "
                          f"{seen.value('prism_firehose_durable_seq'):.0f} "
                          f"{seen.value('prism_firehose_lag_seconds'):.3f}", file=file, flush=True)  # fmt: skip
                elif seen.value("prism_firehose_durable_seq") >= totals["frames"]:
                    self.last = seen
                    return totals
                if seen.at - shown >= _SHOW_EVERY_S:
                    shown = seen.at
                    print(f"   {seen.value('prism_firehose_durable_seq'):,.0f} events, lag "
                          f"{seen.value('prism_firehose_lag_seconds'):.2f} s, {seen.rss_mb:.0f} MB",
                          file=sys.stderr, flush=True)  # fmt: skip
                time.sleep(_EVERY_S)
        raise RuntimeError("prismd has not committed everything in time")

    def log_lines(self):
        """How many lines of the node's log are errors."""
        with open(self.node_log, encoding="utf-8", errors="replace") as log:
            return sum(1 for line in log if re.search(r"\b(error|critical)\b", line[:60]))

    def short_of_cpu(self):
        """Share of the time in which some process, ours or not, waited for a CPU."""
        now = cpu_pressure_s()
        if now is None or self.pressure_before is None:
            return None
        took = self.last.at - self.samples[0].at
        return round(100 * (now - self.pressure_before) / took) if took else None

    def commit_s(self, share):
        """From the receipt of an event to its commit, in all of the run."""
        found = quantile(self.last.buckets.get("prism_event_commit_seconds"), share)
        return None if found is None else round(found, 4)

    def result(self, totals):
        begin = self.begin()
        warm, end = begin + min(60.0, self.minutes * 15), begin + self.minutes * 60
        # Of the event behind which nothing is missing; that of the newest is less.
        lags = [
            max(each.at - begin - each.value("prism_firehose_durable_seq") / self.rate,
                each.value("prism_firehose_lag_seconds"), 0.0)
            for each in self.samples if warm <= each.at <= end
        ]  # fmt: skip
        rss = [each.rss_mb for each in self.samples]
        late = [(e.at / 3600, e.rss_mb) for e in self.samples[len(self.samples) // 4 :]]
        return {
            "minutes": self.minutes,
            "rate_asked": self.rate,
            "rate_reached": round(totals["frames"] / (totals["milliseconds"] / 1000), 1),
            "events": totals["frames"],
            "operations": totals["operations"],
            "rss_start_mb": round(rss[0], 1),
            "rss_end_mb": round(rss[-1], 1),
            "rss_max_mb": round(max(rss), 1),
            "rss_slope_mb_per_hour": round(slope(late), 2),
            "generator_rss_max_mb": round(peak_rss_mb(self.synth_pid), 1),
            "fds_min": min(each.descriptors for each in self.samples),
            "fds_max": max(each.descriptors for each in self.samples),
            "threads_min": min(each.threads for each in self.samples),
            "threads_max": max(each.threads for each in self.samples),
            "lag_p50_s": round(percentile(lags, 50), 3),
            "lag_p99_s": round(percentile(lags, 99), 3),
            "lag_max_s": round(max(lags, default=0.0), 3),
            "commit_p50_s": self.commit_s(0.5),
            "commit_p99_s": self.commit_s(0.99),
            "stalled_s": round(self.last.value("prism_firehose_stalled_seconds_total"), 1),
            "cpu_s": round(self.last.value("process_cpu_seconds_total"), 1),
            "machine_short_of_cpu_percent": self.short_of_cpu(),
            "restarts": int(self.last.value("prism_actor_restarts_total")),
            "retries": int(self.last.value("prism_transaction_retries_total")),
            "errors": int(sum(map(self.last.value, _ERRORS))) + self.log_lines(),
            "parked_ops": totals["totals"]["waiting"],
            "totals": totals["totals"],
            "differences": differences(self.conninfo, totals["totals"]),
        }


def is_good(result):
    return (
        result["lag_p99_s"] < LAG_BOUND_S
        and result["restarts"] == 0
        and (
            result["minutes"] < SLOPE_FROM_MINUTES
            or result["rss_slope_mb_per_hour"] <= SLOPE_BOUND_MB_PER_HOUR
        )
        and not result["differences"]
    )


def main(arguments):
    run = Run(arguments)
    try:
        result = run.result(run.watch())
    except RuntimeError as problem:
        print(f"soak: {problem}", file=sys.stderr)
        return 1
    print(json.dumps(result))
    return 0 if is_good(result) else 1


if __name__ == "__main__":
    if len(sys.argv) != 11:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
