"""Whether each query of the dashboard has an answer."""

import json
import subprocess


def without_answer(path, monitoring):
    """A line for each query of a panel, and of a variable, that gives nothing."""
    with open(path) as file:
        board = json.load(file)
    out = []
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for variable, value in (("$job", "prism"), ("$instance", ".+"), ("$__rate_interval", "10s")):
                expression = expression.replace(variable, value)
            try:
                if not monitoring.ask(expression):
                    out.append(f"{panel['title']}: no data: {expression}")
            except RuntimeError as error:
                out.append(f"{panel['title']}: {error}")
    return out


def complaints_about_names(text):
    """What promtool says of a scrape."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    lines = (done.stdout + done.stderr).decode().splitlines()
    return [f"promtool check metrics: {line}" for line in lines if line] if done.returncode else []
