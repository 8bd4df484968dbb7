"""The PostgreSQL of a run with faults: its server process, and how far the rows in it are."""

import glob
import os
import shutil
import signal
import subprocess

from process import Process, wait_until
from psql import query


class Database:
    def __init__(self, command, conninfo, log_path):
        self.server = Process("PostgreSQL", command, log_path)
        self.conninfo = conninfo
        self._copies = 0

    def copy(self, *more):
        """A base backup of the running server. @returns its directory. Error: RuntimeError."""
        words = self.server.command
        program = words.index("--") + 1
        data = words[words.index("-D") + 1]
        self._copies += 1
        directory = f"{os.path.dirname(data)}/data{self._copies}"
        command = [
            *words[:program], f"{os.path.dirname(words[program])}/pg_basebackup", "-D", directory,
            "--checkpoint=fast", "--no-sync", "-d", self.conninfo, *more,
        ]  # fmt: skip
        for link in glob.glob(f"{data}/pg_tblspc/*"):
            space = os.path.realpath(link)
            other = f"{space.removesuffix(f'.{self._copies - 1}')}.{self._copies}"
            os.makedirs(other)
            shutil.chown(other, shutil.os.stat(space).st_uid, shutil.os.stat(space).st_gid)
            command.append(f"--tablespace-mapping={space}={other}")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"pg_basebackup: {done.stderr.strip()}")
        return directory

    def command_for(self, directory):
        """The server's words, for another data directory."""
        words = list(self.server.command)
        words[words.index("-D") + 1] = directory
        return words

    def go_on_in(self, directory):
        """The server, which has ended, starts with another directory in place of its own."""
        old = self.server.command[self.server.command.index("-D") + 1]
        for each in (old, *(os.path.realpath(link) for link in glob.glob(f"{old}/pg_tblspc/*"))):
            shutil.rmtree(each)
        os.rename(directory, old)
        self.start()

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
