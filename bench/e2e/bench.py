#!/usr/bin/env python3
"""The end-to-end bench behind scripts/bench, which prepares everything it needs.

usage: bench.py [--grow] META POSTGRES_PID POSTGRES_DIR POSTGRES_BIN LOG COMMAND...

META is the corpus' meta.json. --grow: the rate of each 100,000 operations instead. Human lines go to
the standard error, one JSON object to the standard output.
"""

import json
import subprocess
import sys

from ceiling import copy_seconds
from growth import STEP, grow
from node_run import run_node
from psql import query
from schema import bytes_on_disk, row_counts

_RECORD_TABLES = (
    "posts", "likes", "reposts", "follows", "blocks", "list_items", "list_blocks",
    "reference_list_opt_outs", "verifications",
    "lists", "feed_generators", "starter_packs", "thread_gates", "post_gates", "profiles",
    "labelers", "statuses", "declarations", "pending_ops",
)  # fmt: skip
_MOST_STATEMENTS = 12
_MOST_TABLES = 10


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _show_statements(admin):
    """Where the server's time went. Its own view of itself: planning and execution, not transport."""
    rows = query(
        admin,
        "SELECT round(total_exec_time + total_plan_time), calls, rows, "
        "left(regexp_replace(query, '\\s+', ' ', 'g'), 80) FROM pg_stat_statements s "
        "JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = 'prism' "
        f"ORDER BY 1 DESC LIMIT {_MOST_STATEMENTS}",
    )
    _say("   ms in PostgreSQL, calls, rows, statement:")
    for milliseconds, calls, affected, text in rows:
        _say(f"   {milliseconds:>7} {calls:>6} {affected:>7}  {text}")


def _show_sizes(sizes):
    _say("   bytes with indexes, without, table:")
    largest = sorted(sizes.items(), key=lambda each: -each[1][0])[:_MOST_TABLES]
    for name, (total, heap) in largest:
        _say(f"   {total:>10} {heap:>10}  {name}")


def _show_growth(meta, server, postgres_pid, log_path, command):
    admin = f"{server} dbname=postgres"
    query(admin, "CREATE EXTENSION pg_stat_statements")
    _say(f"== {meta['frames']} frames, {meta['ops']} operations, from an empty database")
    run = grow(command, meta["lastSeq"], int(postgres_pid), log_path, _say)
    _show_statements(admin)
    cpu = run.prismd_cpu_s + run.postgres_cpu_s
    print(
        json.dumps({
            "ops": meta["ops"],
            "seconds": round(run.seconds, 3),
            "ops_per_s": round(meta["ops"] / run.seconds),
            "step": STEP,
            "rates": [round(rate) for rate in run.rates],
            "worst": round(run.worst),
            "median": round(run.median),
            "worst_to_median": round(run.worst / run.median, 3),
            "prismd_cpu_s": round(run.prismd_cpu_s, 2),
            "postgres_cpu_s": round(run.postgres_cpu_s, 2),
            "cpu_us_per_op": round(1e6 * cpu / meta["ops"], 1),
        })
    )  # fmt: skip
    return 0


def main(arguments):
    growing = arguments[0] == "--grow"
    arguments = arguments[growing:]
    meta_path, postgres_pid, postgres_dir, postgres_bin, log_path = arguments[:5]
    command = arguments[5:]
    with open(meta_path, encoding="utf-8") as file:
        meta = json.load(file)
    server = f"host={postgres_dir} port=5432 user=prism"
    if growing:
        return _show_growth(meta, server, postgres_pid, log_path, command)
    conninfo, admin = f"{server} dbname=prism", f"{server} dbname=postgres"
    query(admin, "CREATE EXTENSION pg_stat_statements")

    _say(f"== {meta['frames']} frames, {meta['ops']} operations")
    run = run_node(command, conninfo, int(postgres_pid), log_path)
    _say(
        f"   {run.seconds:.2f} s; CPU: prismd {run.prismd_cpu_s:.2f} s, "
        f"PostgreSQL {run.postgres_cpu_s:.2f} s; prismd when idle {run.idle_cpu_percent:.1f} %; "
        f"peak RSS of prismd {run.peak_rss_mb:.0f} MiB"
    )
    _show_statements(admin)

    query(conninfo, "VACUUM")
    counts = row_counts(conninfo)
    rows = sum(counts.values())
    records = sum(counts.get(name, 0) for name in _RECORD_TABLES)  # an older node has fewer
    sizes = bytes_on_disk(conninfo)
    size = sum(total for total, _ in sizes.values())
    _show_sizes(sizes)
    _say(f"   {size / records:.0f} bytes_per_record: {size} bytes, {records} records, {rows} rows")

    subprocess.run([f"{postgres_bin}/createdb", "-h", postgres_dir, "-U", "prism", "ceiling"], check=True)
    ceiling = copy_seconds(conninfo, f"{server} dbname=ceiling", postgres_dir, f"{postgres_bin}/pg_dump")
    _say(f"   the same rows by COPY into the same tables: {ceiling:.2f} s")

    rows_per_s, ceiling_rows_per_s = rows / run.seconds, rows / ceiling
    print(
        json.dumps({
            "frames": meta["frames"],
            "ops": meta["ops"],
            "seconds": round(run.seconds, 3),
            "ops_per_s": round(meta["ops"] / run.seconds),
            "rows": rows,
            "rows_per_s": round(rows_per_s),
            "ceiling_rows_per_s": round(ceiling_rows_per_s),
            "ratio": round(rows_per_s / ceiling_rows_per_s, 4),
            "prismd_cpu_s": round(run.prismd_cpu_s, 2),
            "postgres_cpu_s": round(run.postgres_cpu_s, 2),
            "cpu_us_per_op": round(1e6 * (run.prismd_cpu_s + run.postgres_cpu_s) / meta["ops"], 1),
            "log_bytes_per_op": round(run.log_bytes / meta["ops"], 1),
            "idle_cpu_percent": round(run.idle_cpu_percent, 2),
            "peak_rss_mb": round(run.peak_rss_mb, 1),
            "bytes_on_disk": size,
        })
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 7:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    try:
        sys.exit(main(sys.argv[1:]))
    except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as problem:
        print(f"bench.py: {problem}", file=sys.stderr)
        sys.exit(1)
