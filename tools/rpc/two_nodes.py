#!/usr/bin/python3
"""As judge.py, but starts two nodes and asks both; one is killed in mid-run (SIGKILL) and started again later.

usage: two_nodes.py RECORDING COMMAND LOG_DIRECTORY [options of judge.py]

COMMAND: a node as a list of words in JSON, in which {name} is its name; it does not say where the data plane answers.
Fails also if the two were not both asked, or if nobody noticed the end of one.
"""

import argparse
import json
import pathlib
import re
import sys

from client import Client
from judge import Report, read_arguments, send
from process import Process

_ANSWERS = "answering bsky.Service on "


class Node:
    def __init__(self, name, command, directory):
        words = [word.replace("{name}", name) for word in command]
        self.process = Process(name, words, pathlib.Path(directory) / f"{name}.log")
        self.address = "127.0.0.1:0"

    def start(self):
        self.process.start(f"--dataplane-listen={self.address}")
        self.process.wait_for_log(_ANSWERS)
        found = re.search(_ANSWERS + r"([\d.]+:\d+)", self.process.log_since_start())
        if not found:
            raise RuntimeError(f"{self.process.name} ended: {self.process.log_since_start()[-1000:]}")
        self.address = found[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recording")
    parser.add_argument("command", type=json.loads)
    parser.add_argument("log_directory")
    given, calls, judge = read_arguments(parser)
    report = Report(judge, given.examples)
    lost, kept = nodes = [Node(name, given.command, given.log_directory) for name in ("node1", "node2")]
    for node in nodes:
        node.start()
    client = Client([node.address for node in nodes])
    third = len(calls) // 3
    answers = []

    def part(calls, before=lambda number: None):
        send(calls, client, judge, report, given.concurrency, before)
        answers.append(dict(client.answers))

    part(calls[:third])
    part(calls[third : 2 * third], lambda number: lost.process.kill() if number == third // 2 else None)
    noticed = client.died + client.retried
    lost.start()
    client.wait_for(lost.address)
    part(calls[2 * third :])
    client.close()
    report.show()
    first, last = answers[0], {host: answers[2][host] - answers[1][host] for host in answers[2]}
    print(f"# node1 was killed at call {third + third // 2} and was back at call {2 * third}")
    print(f"# {client.died} calls ended with their connection and were sent afresh, {client.retried} tries went elsewhere")
    for node in nodes:
        print(f"# {node.process.name} gave {first[node.address]} answers before, {last[node.address]} after")
    if not (noticed and all(first.values()) and all(last.values())):
        sys.exit("the run shows nothing: one of the nodes was not asked, or its end was not noticed")
    for node in nodes:
        node.process.kill()
    print(report.last_line())
    sys.exit(1 if report.differences else 0)


if __name__ == "__main__":
    main()
