#!/usr/bin/env bash
# A short soak loses nothing and has looked at everything that it reports; what it finds good is what its
# manual says. How fast this machine is at the moment is not asked.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
scripts/soak 0 500 --samples "$scratch/samples" >"$scratch/all" || status=$?
((status <= 1))
tail -n 1 "$scratch/all" >"$scratch/result"
python3 - "$scratch" <<'CHECK'
import json, sys

sys.path.insert(0, "tools/soak")
sys.path.insert(0, "tools/common")
import soak

with open(f"{sys.argv[1]}/result", encoding="utf-8") as file:
    result = json.load(file)
with open(f"{sys.argv[1]}/samples", encoding="utf-8") as file:
    looks = len(file.readlines())
assert looks >= 5, looks
assert 10_000 <= result["events"] < 10_500, result
assert result["operations"] > result["events"] / 2, result
for name in ("rss_start_mb", "rss_end_mb", "rss_max_mb", "generator_rss_max_mb", "fds_min", "threads_min",
             "rate_reached", "commit_p50_s", "commit_p99_s", "lag_p50_s", "lag_p99_s", "lag_max_s", "cpu_s", "parked_ops"):  # fmt: skip
    assert result[name] > 0, (name, result)
assert result["differences"] == {}, result
result["lag_p99_s"] = 0.1
assert soak.is_good(result), result
for name, bad in (("lag_p99_s", 2.0), ("restarts", 1), ("differences", {"post": [1, 2]})):
    assert not soak.is_good({**result, name: bad}), name
assert not soak.is_good({**result, "minutes": 30, "rss_slope_mb_per_hour": 65.0})
CHECK
