#!/usr/bin/env bash
# The bench's last line is one JSON object with every number, and the numbers fit together.
set -euo pipefail

scripts/bench "$1" | tail -n 1 | python3 -c '
import json, sys
result = json.loads(sys.stdin.read())
expected = ["frames", "ops", "seconds", "ops_per_s", "rows", "rows_per_s", "ceiling_rows_per_s",
            "ratio", "prismd_cpu_s", "postgres_cpu_s", "cpu_us_per_op", "log_bytes_per_op", "idle_cpu_percent",
            "peak_rss_mb", "bytes_on_disk"]
assert list(result) == expected, list(result)
assert all(result[name] > 0 for name in expected if name != "idle_cpu_percent"), result
assert result["rows"] > result["ops"] / 2, result
assert result["idle_cpu_percent"] < 2, result
assert abs(result["rows_per_s"] * result["seconds"] / result["rows"] - 1) < 0.01, result
assert abs(result["rows_per_s"] / result["ceiling_rows_per_s"] / result["ratio"] - 1) < 0.01, result
'
