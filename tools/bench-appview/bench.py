#!/usr/bin/python3
"""Measures two data planes side by side: endpoints of the AppView in front of each, and recorded calls to each alone.

usage: bench.py PLAN.json NODE APPVIEW_DIRECTORY BENCH_RPC [RECORDING]

PLAN: that of endpoints.mjs, its systems also with "dataplane": HOST:PORT and "disk": bytes of "tables" and "indexes", and of
both when "rewritten" (plan.py).
Prints tables. Last line: a JSON object with all numbers.
"""

import json
import pathlib
import statistics
import subprocess
import sys

_HERE = pathlib.Path(__file__).parent
# What ours answers with nothing so far (docs/DATAPLANE.md): no comparison.
_NOTHING = {
    "GetLabels", "GetMutes", "GetMutelistSubscription", "GetMutelistSubscriptions", "GetThreadMutesOnSubjects",
    "GetNotificationPreferences", "GetNotificationSeen", "GetActivitySubscriptionDids",
    "GetActivitySubscriptionsByActorAndSubjects", "GetActorBookmarks", "GetBookmarksByActorAndSubjects",
    "GetActorDrafts", "GetBlobTakedown",
    "GetSitemapIndex", "GetSitemapPage", "Ping",
}  # fmt: skip


def endpoints(plan, path, node, directory):
    lines = []
    with subprocess.Popen(
        [node, "--no-warnings", str(_HERE / "endpoints.mjs"), path], cwd=directory, stdout=subprocess.PIPE, text=True
    ) as running:
        print("endpoint | system | p50 ms | p99 ms | of it data plane ms | calls | req/s at 8 | CPU ms a request: "
              "AppView + data plane + PostgreSQL | MB: AppView, data plane | failed")  # fmt: skip
        for text in running.stdout:
            line = json.loads(text)
            lines.append(line)
            cpu, rss = line["cpu"], line["rss"]
            print(
                f"{line['endpoint']} | {line['system']} | {line['p50']} | {line['p99']} | {line['dataplaneShare']} | "
                f"{line['calls']} | {line['perSecond']} | {cpu['appview']} + {cpu['dataplane']} + {cpu['postgres']} | "
                f"{rss['appview']}, {rss['dataplane']} | {line['failed']}",
                flush=True,
            )
    if running.returncode != 0:
        sys.exit(f"endpoints.mjs ended with {running.returncode}")
    return lines


def _ticks(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return list(map(int, text.rsplit(") ", 1)[1].split()[1:]))


def cpu_seconds(pids):
    """Of the data plane, and of PostgreSQL with its sessions."""
    own = _ticks(pids["dataplane"])
    server = _ticks(pids["postgres"])
    total = sum(server[10:14])
    for each in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            child = _ticks(each.name)
        except OSError:
            continue
        if child[0] == pids["postgres"]:
            total += child[10] + child[11]
    return (own[10] + own[11]) / 100, total / 100


def send_once(system, send, methods):
    """One round of the recorded calls: what it took, and the median time of each method."""
    before = cpu_seconds(system["pids"])
    out = send(system)
    after = cpu_seconds(system["pids"])
    number, failed, rate = out[-1].split(", ")
    return {
        "calls": int(number.split()[0]),
        "failed": int(failed.split()[0]),
        "perSecond": int(rate.split()[0]),
        "cpu": [late - early for early, late in zip(before, after)],
        "p50": {words[0]: int(words[3]) for words in map(str.split, out) if words[0] in methods},
    }


def summary(rounds):
    """Of the rounds of one system: medians of their rates and times, so that a slow minute of the machine decides nothing."""
    def median(of):
        return round(statistics.median(map(of, rounds)))

    return {
        "calls": sum(each["calls"] for each in rounds),
        "failed": sum(each["failed"] for each in rounds),
        "perSecond": median(lambda each: each["perSecond"]),
        "cpuMicroseconds": {
            name: median(lambda each, i=i: each["cpu"][i] / each["calls"] * 1e6) for i, name in enumerate(("dataplane", "postgres"))
        },
        "p50": {method: median(lambda each, method=method: each["p50"][method]) for method in rounds[0]["p50"]},
    }


def calls(systems, bench_rpc, text, methods, in_flight, rounds):
    """The recorded calls to each system, in turn."""
    def send(system):
        host, port = system["dataplane"].rsplit(":", 1)
        words = [bench_rpc, host, port, "--in-flight", str(in_flight), "--only", ",".join(sorted(methods))]
        return subprocess.run(words, input=text, capture_output=True, check=True).stdout.decode().splitlines()

    for each in systems:
        send(each)  # warms it
    taken = {each["name"]: [] for each in systems}
    for _ in range(rounds):
        for each in systems:
            taken[each["name"]].append(send_once(each, send, methods))
    return {name: summary(each) for name, each in taken.items()}


def main():
    path, node, directory, bench_rpc, *recording = sys.argv[1:]
    plan = json.loads(pathlib.Path(path).read_text())
    first, second = both = [each for each in plan["systems"] if each["dataplane"] != "-"]
    result = {"disk": {each["name"]: each["disk"] for each in both}}
    for name, disk in result["disk"].items():
        tables, indexes = disk["tables"], disk["indexes"]
        print(f"on disk, {name}: {(tables + indexes) / 1e6:.0f} MB, tables {tables / 1e6:.0f} and indexes {indexes / 1e6:.0f};"
              f" rewritten by VACUUM FULL {disk['rewritten'] / 1e6:.0f} MB")
    if recording:
        text = subprocess.run(["zstd", "-qdc", recording[0]], check=True, stdout=subprocess.PIPE).stdout
        recorded = {json.loads(line)["method"] for line in text.splitlines()}
        methods = {name for name in recorded - _NOTHING if not name.startswith("Search")}
        result["rpc"] = {}
        for in_flight in (1, 16):
            runs = calls(both, bench_rpc, text, methods, in_flight, plan["rounds"])
            result["rpc"][in_flight] = runs
            for name, run in runs.items():
                cpu = run["cpuMicroseconds"]
                print(f"calls alone, {in_flight} at a time, {name}: {run['perSecond']} calls/s, {cpu['dataplane']} + {cpu['postgres']} us "
                      f"CPU a call (data plane + PostgreSQL), {run['failed']} failed", flush=True)  # fmt: skip
        p50 = [result["rpc"][1][each["name"]]["p50"] for each in both]
        print(f"method | p50 us, one at a time: {first['name']} | {second['name']} | {first['name']} / {second['name']}")
        for method in sorted(methods):
            print(f"{method} | {p50[0][method]} | {p50[1][method]} | {p50[0][method] / max(p50[1][method], 1):.1f}")
    result["endpoints"] = endpoints(plan, path, node, directory)
    print(json.dumps(result))
    if failed := sum(each["failed"] for each in result["endpoints"]):
        sys.exit(f"{failed} requests failed (column failed): see the systems' logs")


if __name__ == "__main__":
    main()
