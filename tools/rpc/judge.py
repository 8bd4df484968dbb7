#!/usr/bin/python3
"""Sends recorded calls to a data plane and compares the answers.

usage: judge.py RECORDING ADDRESS... [--only A,B] [--skip A,B] [--examples N] [--concurrency N]
                [--pds URL] [--corpus BASE]

A line per method: `method calls equal different excused`. How many calls each rule concerned and examples of
differences go to the standard error. Last line: `N calls, D differences`. Exit code 0 only if D is 0.

Debian's Python has gRPC and protobuf; another one that comes first in PATH may not.
"""

import argparse
import concurrent.futures
import dataclasses
import sys
import tempfile
import time
from collections import Counter, defaultdict

from google.protobuf.message import DecodeError

import rules
from client import Client, status_name
from deviations import Deviations
from messages import Interface, plain, show
from recording import read_calls, read_ties


@dataclasses.dataclass
class Verdict:
    difference: str | None = None
    excused: bool = False
    rules: tuple = ()


class Judge:
    def __init__(self, interface, known):
        self._interface, self._known = interface, known

    def verdict(self, call, status, text, response):
        if rules.excused(call.status):
            return Verdict(excused=True)
        if call.status == 0 and rules.sitemap(call.method, status):
            return Verdict(rules=("sitemap",))
        if status != status_name(call.status):
            return Verdict(f"status: recorded {status_name(call.status)}, got {status} {text}")
        if call.status != 0 or call.response == response:
            return Verdict()

        def tree(data):
            return plain(self._interface.response(call.method, data))

        try:
            request = plain(self._interface.request(call.method, call.request))
            found, needed = rules.compare(
                call.method, request, lambda: tree(call.response), lambda: tree(response), self._known
            )
            if found and rules.nothing_found(call.method, tree(response)):
                found, needed = None, ["search"]
        except DecodeError as error:
            found, needed = f"the answer cannot be decoded: {error}", []
        return Verdict(found, rules=tuple(needed))

    def request(self, call):
        return show(plain(self._interface.request(call.method, call.request)))


class Report:
    def __init__(self, judge, examples):
        self._judge, self._examples = judge, examples
        self._methods = defaultdict(Counter)
        self._rules = Counter()
        self._shown = defaultdict(list)
        self.differences = 0

    def add(self, call, verdict):
        count = self._methods[call.method]
        count["calls"] += 1
        count["different" if verdict.difference else "excused" if verdict.excused else "equal"] += 1
        self._rules.update(verdict.rules, excused=verdict.excused)
        if verdict.difference:
            self.differences += 1
            if len(self._shown[call.method]) < self._examples:
                self._shown[call.method].append(f"    request {self._judge.request(call)}\n      {verdict.difference}")

    def show(self):
        print("method calls equal different excused")
        for method, count in sorted(self._methods.items()):
            print(method, *(count[name] for name in ("calls", "equal", "different", "excused")))
        sys.stdout.flush()
        for rule, calls in sorted(self._rules.items()):
            if calls:
                print(f"    rule {rule}: {calls} calls", file=sys.stderr)
        for method, shown in sorted(self._shown.items()):
            print(f"    {method}:", *shown, sep="\n", file=sys.stderr)

    def last_line(self):
        return f"{sum(count['calls'] for count in self._methods.values())} calls, {self.differences} differences"


def read_arguments(parser):
    """@returns the arguments, the chosen calls and a judge for them."""
    parser.add_argument("--only", type=lambda text: set(text.split(",")))
    parser.add_argument("--skip", type=lambda text: set(text.split(",")), default=set())
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--pds")
    parser.add_argument("--corpus")
    given = parser.parse_args()
    sys.stderr.reconfigure(errors="backslashreplace")
    calls = [
        call
        for call in read_calls(given.recording)
        if (not given.only or call.method in given.only) and call.method not in given.skip
    ]
    if not calls:
        sys.exit(f"{given.recording} has no such calls")
    with tempfile.TemporaryDirectory() as directory:
        interface = Interface(directory)
    deviations = Deviations(given.corpus) if given.corpus else None
    return given, calls, Judge(interface, rules.Known(read_ties(given.recording), given.pds, deviations))


def send(calls, client, judge, report, concurrency, before=lambda number: None):
    """Adds to the report in the order of the recording. before: called with the place of each call that is next."""

    def one(number, call):
        before(number)
        return judge.verdict(call, *client.call(call.method, call.request))

    with concurrent.futures.ThreadPoolExecutor(concurrency) as threads:
        for call, verdict in zip(calls, threads.map(one, range(len(calls)), calls)):
            report.add(call, verdict)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recording")
    parser.add_argument("addresses", nargs="+")
    given, calls, judge = read_arguments(parser)
    report = Report(judge, given.examples)
    client = Client(given.addresses)
    began = time.monotonic()
    send(calls, client, judge, report, given.concurrency)
    client.close()
    report.show()
    print(f"# {len(calls) / (time.monotonic() - began):.0f} calls/s, decoded and compared")
    print(report.last_line())
    sys.exit(1 if report.differences else 0)


if __name__ == "__main__":
    main()
