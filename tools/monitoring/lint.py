#!/usr/bin/env python3
"""Checks deploy/prometheus/prism.rules.yml and deploy/grafana/prism.json for what promtool does not.

usage: lint.py [ROOT]

Rules: every series is declared (tests/golden/metrics.txt) or recorded, and has the labels that are
named; counters stand only under rate, increase or irate, gauges never; windows are at least four
scrapes of 15 s; an alert has a condition, a severity, a static summary, a description with values of
labels that are there, and a runbook whose heading exists. Dashboard: the same for each query; a title,
a description and a unit for each panel; matchers of job and instance; $__rate_interval; not editable.
A line per defect; exit code 1 if there is any."""

import json
import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from promql import has_condition, outermost_grouping, seconds, selectors  # noqa: E402

SHORTEST_WINDOW = 4 * 15
OF_THE_SCRAPE = {"job", "instance"}
RATES = {"rate", "increase", "irate"}
VARIABLES = {"datasource", "job", "instance"}


def declared(golden):
    """Name -> (type, labels) of each series, those of histograms with their endings."""
    out = {"up": ("gauge", set())}
    for line in golden.splitlines():
        name, kind, *labels = line.split()
        if kind == "histogram":
            for ending in ("bucket", "sum", "count"):
                out[f"{name}_{ending}"] = ("counter", {*labels, *(["le"] if ending == "bucket" else [])})
        else:
            out[name] = (kind, set(labels))
    return out


def anchors(markdown):
    """Of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in titles}


def check_expression(where, expression, series, recorded):
    found = selectors(expression)
    if not found:
        yield f"{where}: no series in '{expression}'"
    for each in found:
        what = f"{where}: {each.name}"
        if each.name in recorded:
            kind, labels = "gauge", None
        elif each.name in series:
            kind, labels = series[each.name]
        else:
            yield f"{what} does not exist"
            continue
        for label in each.labels:
            if labels is not None and label not in labels | OF_THE_SCRAPE:
                yield f"{what} has no label {label}"
        if kind == "counter" and each.function not in RATES:
            yield f"{what} is a counter: it belongs under rate or increase"
        if kind == "gauge" and each.function in RATES:
            yield f"{what} is a gauge, {each.function} is for counters"
        if each.window and each.window != "$__rate_interval":
            length = seconds(each.window)
            if length is None or length < SHORTEST_WINDOW:
                yield f"{what}[{each.window}]: a window of at least {SHORTEST_WINDOW} s is needed"


def check_alert(rule, series, headings):
    name, expression = rule["alert"], rule["expr"]
    if not re.fullmatch(r"Prism([A-Z][a-z]+)+", name):
        yield f"{name}: an alert is named like PrismDown"
    if not has_condition(expression):
        yield f"{name}: it has no condition"
    if rule.get("labels", {}).get("severity") not in ("critical", "warning", "info"):
        yield f"{name}: severity must be critical, warning or info"
    notes = rule.get("annotations", {})
    if "{{" in notes.get("summary", "{{"):
        yield f"{name}: it needs a summary, the same for all its series"
    description = notes.get("description", "")
    if "{{" not in description and "absent(" not in expression:
        yield f"{name}: it needs a description that names the instance"
    kept = outermost_grouping(expression)
    if kept is None:
        kept = {*OF_THE_SCRAPE, *(l for s in selectors(expression) for l in series.get(s.name, ("", ()))[1])}
    for label in re.findall(r"\$labels\.(\w+)", description):
        if label not in kept:
            yield f"{name}: the description names the label {label}, which is not there"
    runbook = notes.get("runbook_url", "")
    page, _, anchor = runbook.partition("#")
    if page != "docs/RUNBOOKS.md" or anchor not in headings:
        yield f"{name}: the runbook '{runbook}' does not exist"


def check_rules(text, series, headings):
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    names = [rule.get("alert") or rule.get("record") for rule in rules]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield f"{name}: it is there twice"
    for rule, name in zip(rules, names):
        yield from check_expression(name, rule["expr"], series, recorded)
        if "alert" in rule:
            yield from check_alert(rule, series, headings)
        elif not re.fullmatch(r"instance(_\w+)?:prism_\w+(:\w+)?", name):
            yield f"{name}: a recorded series is named level:metric:operations"


def check_panel(panel, series):
    title = panel.get("title") or f"panel {panel.get('id')}"
    if not panel.get("title") or not panel.get("description"):
        yield f"{title}: it needs a title and a description"
    if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
        yield f"{title}: it needs a unit"
    if panel.get("datasource", {}).get("uid") != "${datasource}":
        yield f"{title}: its data source must be the variable"
    for target in panel.get("targets", []):
        expression = target["expr"]
        yield from check_expression(title, expression, series, ())
        for each in selectors(expression):
            if each.labels.get("job") != ("=", "$job") or each.labels.get("instance") != ("=~", "$instance"):
                yield f'{title}: {each.name} needs job="$job" and instance=~"$instance"'
            if each.function in ("rate", "irate") and each.window != "$__rate_interval":
                yield f"{title}: rate needs [$__rate_interval]"
    if not panel.get("targets"):
        yield f"{title}: it has no query"


def check_dashboard(text, series):
    board = json.loads(text)
    if board.get("editable") is not False:
        yield "the dashboard must not be editable"
    variables = {each["name"] for each in board["templating"]["list"]}
    if variables != VARIABLES:
        yield f"the dashboard's variables must be {', '.join(sorted(VARIABLES))}"
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield from check_expression(f"${variable['name']}", variable["query"], series, ())
            if variable.get("refresh") != 2:
                yield f"${variable['name']}: it must follow the time range"
    panels = [each for each in board["panels"] if each["type"] != "row"]
    ids = [each["id"] for each in board["panels"]]
    if len(set(ids)) != len(ids):
        yield "two panels have the same id"
    for panel in panels:
        yield from check_panel(panel, series)
    used = set(re.findall(r"\$(?!__)\{?(\w+)", json.dumps([panels, board["templating"]])))
    for name in sorted(used - variables):
        yield f"the variable {name} does not exist"


def defects(root):
    series = declared((root / "tests/golden/metrics.txt").read_text())
    headings = anchors((root / "docs/RUNBOOKS.md").read_text())
    yield from check_rules((root / "deploy/prometheus/prism.rules.yml").read_text(), series, headings)
    yield from check_dashboard((root / "deploy/grafana/prism.json").read_text(), series)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../../..").resolve()
    found = list(defects(root))
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
