#!/usr/bin/env python3
"""Tests the rules for Prometheus and the dashboard: by promtool, by our linter, and the linter itself.

usage: monitoring_test.py [ROOT]

Every alert has at least one case in alert_cases.py, by which it fires, is silent before, and resolves."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

from alert_cases import CASES, promtool_test

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
sys.path.insert(0, str(root / "tools/monitoring"))
import lint  # noqa: E402
from scale import scaled  # noqa: E402

RULES = root / "deploy/prometheus/prism.rules.yml"
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)


def promtool(*words):
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
    expect(done.returncode == 0, f"promtool {' '.join(map(str, words))}: {done.stdout}{done.stderr}")


def rules_of_promtool(scratch):
    promtool("check", "rules", "--lint=all", RULES)
    shutil.copy(RULES, scratch / "prism.rules.yml")
    config = (root / "deploy/prometheus/prometheus.example.yml").read_text()
    (scratch / "prometheus.yml").write_text(config.replace("/etc/prometheus/", f"{scratch}/"))
    promtool("check", "config", scratch / "prometheus.yml")
    done = subprocess.run(
        ["amtool", "check-config", root / "deploy/prometheus/alertmanager.example.yml"],
        capture_output=True, text=True,
    )
    expect(done.returncode == 0, f"amtool: {done.stdout}{done.stderr}")


def needed(groups, alert):
    """The groups with nothing but the rule of an alert and what it reads of recorded rules: each rule more
    is evaluated at every 15 seconds of a case."""
    rules = [rule for group in groups for rule in group["rules"]]
    wanted = [rule for rule in rules if rule.get("alert") == alert]
    for reader in wanted:  # grows while it is read
        wanted += [rule for rule in rules
                   if rule.get("record", "-") in reader["expr"] and rule not in wanted]
    return [{**group, "rules": kept} for group in groups if (kept := [r for r in group["rules"] if r in wanted])]


def alerts_of_promtool(scratch):
    groups = yaml.safe_load(RULES.read_text())["groups"]
    severity = {
        rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"] if "alert" in rule
    }
    for name in sorted(set(severity) ^ {case.alert for case in CASES}):
        expect(False, f"{name}: an alert without a case, or a case without an alert")
    for name in severity:
        (scratch / f"{name}.rules.yml").write_text(json.dumps({"groups": needed(groups, name)}))
    texts = [
        {"rule_files": [f"{case.alert}.rules.yml"], "evaluation_interval": "15s",
         "tests": [promtool_test(case, severity[case.alert])]}
        for case in CASES if case.alert in severity
    ]

    def run(prefix):
        files = []
        for number, text in enumerate(texts):
            files.append(scratch / f"{prefix}-{number}.yml")
            files[-1].write_text(json.dumps(text))
        return subprocess.run(["promtool", "test", "rules", *files], capture_output=True, text=True)

    done = run("cases")
    expect(done.returncode == 0, f"promtool test rules: {done.stdout}{done.stderr}")
    # A case must be able to fail.
    for text in texts:
        for check in text["tests"][0]["promql_expr_test"]:
            check["exp_samples"] = []
    done = run("without")
    expect(done.returncode == 1 and done.stdout.count("expr:") + done.stderr.count("expr:") >= len(CASES),
           "the cases do not notice an alert that fires")


RULE_DEFECTS = [
    ("prism_ready == 0", "prism_redy == 0", "prism_redy does not exist"),
    ("prism_ready == 0", 'prism_ready{shard="1"} == 0', "has no label shard"),
    ("prism_ready == 0", "prism_ready", "no condition"),
    ("prism_ready == 0", "rate(prism_ready[5m]) == 0", "is a gauge"),
    ("increase(prism_dead_letters_total[1h]) > 0", "prism_dead_letters_total > 0", "is a counter"),
    ("increase(prism_dead_letters_total[1h]) > 0", "increase(prism_dead_letters_total[30s]) > 0", "a window of"),
    ("severity: info", "severity: low", "severity must be"),
    ("summary: Prism is not ready.", "summary: '{{ $value }} is not ready.'", "the same for all its series"),
    ("#prismnotready", "#prismnotreadyyet", "the runbook"),
    ("alert: PrismNotReady", "alert: prism_not_ready", "is named like"),
    ("alert: PrismNotReady", "alert: PrismDown", "it is there twice"),
    ("Shard {{ $labels.shard }}", "Shard {{ $labels.lane }}", "the label lane"),
    ("record: instance:prism_ops:rate5m", "record: prism_ops_rate", "level:metric:operations"),
]
BOARD_DEFECTS = [
    ('"editable": false', '"editable": true', "editable"),
    ('"title": "Ready"', '"title": ""', "a title and a description"),
    ('"unit": "percentunit"', '"unit": ""', "it needs a unit"),
    ("prism_db_pool_pending{", "prism_db_pool_waiting{", "does not exist"),
    ('prism_db_pool_pending{job=\\"$job\\",', "prism_db_pool_pending{", 'needs job="$job"'),
    ('prism_firehose_lag_seconds{job', 'prism_firehose_bytes_total{job', "is a counter"),
    ("[$__rate_interval]", "[5m]", "rate needs"),
    ('"name": "instance"', '"name": "node"', "the dashboard's variables"),
    ('"refresh": 2', '"refresh": 1', "follow the time range"),
]


def linter():
    for each in lint.defects(root):
        expect(False, f"lint: {each}")
    series = lint.declared((root / "tests/golden/metrics.txt").read_text())
    headings = lint.anchors((root / "docs/RUNBOOKS.md").read_text())
    for text, defects, check in (
        (RULES.read_text(), RULE_DEFECTS, lambda broken: lint.check_rules(broken, series, headings)),
        ((root / "deploy/grafana/prism.json").read_text(), BOARD_DEFECTS,
         lambda broken: lint.check_dashboard(broken, series)),
    ):
        for good, bad, words in defects:
            expect(good in text, f"the linter's own test: '{good}' is not there")
            found = list(check(text.replace(good, bad, 1)))
            expect(any(words in each for each in found), f"the linter does not find '{bad}': {found}")


def scaling():
    rule = "expr: 'rate(a_seconds_total[5m]) > 60 and b_age_seconds > 60'\nfor: 1h30m"
    expect(
        scaled(rule, 30) == "expr: 'rate(a_seconds_total[10s]) > 60 and b_age_seconds > 2'\nfor: 3m",
        f"scaled rules: {scaled(rule, 30)}",
    )


with tempfile.TemporaryDirectory() as directory:
    rules_of_promtool(pathlib.Path(directory))
    alerts_of_promtool(pathlib.Path(directory))
linter()
scaling()
for each in failures:
    print(each, file=sys.stderr)
sys.exit(1 if failures else 0)
