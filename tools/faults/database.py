"""The PostgreSQL of a fault run: its server process, and how far the rows in it are."""

import glob
import os
import signal

from process import Process, wait_until
from psql import query


class Database:
    def __init__(self, command, conninfo, log_path):
        self.server = Process("PostgreSQL", command, log_path)
        self.conninfo = conninfo

    def start(self):
        self.server.start()
        wait_until(self._answers, "PostgreSQL to answer")

    def stop(self):
        self.server.end(signal.SIGINT)

    def highest_seq(self):
        """-1 before there is any."""
        try:
            return int(query(self.conninfo, "SELECT coalesce(max(seq), -1) FROM firehose_cursor")[0][0])
        except RuntimeError:
            return -1  # not started yet, or no schema yet

    def rewind(self, seq):
        """Nobody may be writing. Error: RuntimeError."""
        query(self.conninfo, f"UPDATE firehose_cursor SET seq = least(seq, {seq})")

    def process_ids(self):
        """Of the server and everything it has started."""
        found = [self.server.pid]
        for path in glob.glob("/proc/[0-9]*/stat"):
            state = _stat(path)
            if state and int(state[1]) == self.server.pid:
                found.append(int(path.split("/")[2]))
        return found

    def send_all(self, number):
        for pid in self.process_ids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # a session that has ended meanwhile

    def stop_all(self):
        # The server first: what it starts while the others are looked for would go on.
        os.kill(self.server.pid, signal.SIGSTOP)
        wait_until(lambda: _stat(f"/proc/{self.server.pid}/stat")[0] == "T", "a stopped server")
        self.send_all(signal.SIGSTOP)
        wait_until(self.is_stopped, "PostgreSQL to stand still")

    def is_stopped(self):
        states = [_stat(f"/proc/{pid}/stat") for pid in self.process_ids()]
        return all(state is None or state[0] in "TZ" for state in states)

    def _answers(self):
        try:
            query(self.conninfo, "SELECT 1")
            return True
        except RuntimeError:
            if not self.server.runs():
                raise RuntimeError("PostgreSQL ended during its start") from None
            return False


def _stat(path):
    """State and parent; None for a process that is gone."""
    try:
        with open(path) as file:
            return file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return None
