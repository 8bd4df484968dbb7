"""A program that is started again and again with the same words."""

import contextlib
import os
import signal
import time

from child import start

DEADLINE_SECONDS = 120


def wait_until(holds, what, seconds=DEADLINE_SECONDS):
    """Error: RuntimeError naming what did not happen in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"timed out: {what}")
        time.sleep(0.01)


class Process:
    def __init__(self, name, command, log_path):
        self.name = name
        self.command = command
        self._log_path = log_path
        self._process = None

    def start(self, *more):
        with open(self._log_path, "ab") as log:
            self._started_at = log.seek(0, 2)
            self._process = start([*self.command, *more], log)

    @contextlib.contextmanager
    def paused(self):
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def wait_for_log(self, words):
        """Words that it writes after its last start."""
        wait_until(
            lambda: words in self.log_since_start() or not self.runs(),
            f"{self.name} to write '{words}'",
        )

    @property
    def pid(self):
        return self._process.pid

    @property
    def status(self):
        """The exit status, negative for the signal that ended it; None while it runs."""
        return self._process.poll()

    def runs(self):
        return self._process is not None and self._process.poll() is None

    def log_since_start(self):
        return self.log_since(self._started_at)

    def end(self, number, seconds=DEADLINE_SECONDS):
        """Sends a signal. @returns the exit status, negative for the signal that ended it."""
        if self.runs():
            os.kill(self.pid, number)
        return self.wait(seconds)

    def wait(self, seconds=DEADLINE_SECONDS):
        wait_until(lambda: not self.runs(), f"the end of {self.name}", seconds)
        return self._process.returncode

    def kill(self):
        """Error: RuntimeError if it was not the kill that ended it."""
        if not self.runs():
            raise RuntimeError(f"{self.name} had ended with {self._process.returncode} before")
        self.expect_killed(self.end(signal.SIGKILL))

    def expect_killed(self, status):
        if status != -signal.SIGKILL:
            raise RuntimeError(f"{self.name} ended with {status} and not by SIGKILL")

    def log_size(self):
        with open(self._log_path, "rb") as log:
            return log.seek(0, 2)

    def log_since(self, size):
        with open(self._log_path, "rb") as log:
            log.seek(size)
            return log.read().decode(errors="replace")
