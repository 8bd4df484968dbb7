"""A prismd of the cluster: process 1 of its own process namespace, in the network namespace of a host."""

import os
import signal
import sys

from network import BOUNCER, DATABASE
from process import Process, wait_until


class Node(Process):
    def __init__(self, name, host, number, how):
        """`number` is its own among all that there have been; `how`: the plan (run.py)."""
        self.host = host
        self.number = number
        self.uses_bouncer = how["bouncers"] == "all" or how["bouncers"] == "some" and int(name[1:]) % 2 == 0
        self.database_address = BOUNCER if self.uses_bouncer else DATABASE
        self.metrics = f"http://{host.address}:{9464 + number}/metrics"
        self.tunnel = f"{host.address}:{9700 + number}"
        values = {
            "name": name,
            "address": host.address,
            "metrics": str(9464 + number),
            "tunnel": str(9700 + number),
            "link": str(9800 + number),
            "database": self.database_address,
            "database_port": "6432" if self.uses_bouncer else "5432",
        }
        words = [_filled(word, values) for word in how["node"]]
        # Signals go to prismd itself, whose end is also that of launch.py.
        command = host.command(sys.executable, f"{os.path.dirname(__file__)}/launch.py", *words)
        super().__init__(name, command, f"{how['logs']}/{name}.log")
        self._inner = None

    def start(self, *more):
        self._inner = None
        super().start(*more)
        wait_until(lambda: self._find_inner() or not self.runs(), f"the process of {self.name}")

    @property
    def is_there(self):
        """Whether prismd itself runs, not only what starts it."""
        return self._inner is not None and self.runs()

    @property
    def pid(self):
        """Of prismd."""
        return self._inner or self._process.pid

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_stopped(self):
        with open(f"/proc/{self.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(self.is_stopped, f"{self.name} to stand still")

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def _find_inner(self):
        outer = self._process.pid
        try:
            with open(f"/proc/{outer}/task/{outer}/children") as file:
                found = file.read().split()
            with open(f"/proc/{found[0]}/comm") as file:
                if file.read().strip() != "prismd":
                    return False
        except (OSError, IndexError):
            return False
        self._inner = int(found[0])
        return True


def _filled(word, values):
    for name, value in values.items():
        word = word.replace("{" + name + "}", value)
    return word
