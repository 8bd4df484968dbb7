"""A standby of the run's PostgreSQL, on a socket of its own until it takes its place."""

import os
import shutil
import signal
import tempfile

from process import Process, wait_until
from psql import query


class Standby:
    def __init__(self, database, directory):
        self._socket = tempfile.mkdtemp(prefix="prism-standby.")
        os.chmod(self._socket, 0o777)
        # Its primary still has the address, if it has any.
        own = {"unix_socket_directories": self._socket, "listen_addresses": ""}
        words = [
            f"{name}={own[name]}" if (name := word.partition("=")[0]) in own else word
            for word in database.command_for(directory)
        ]
        self._conninfo = f"host={self._socket} port=5432 user=prism dbname=prism"
        self._server = Process("the standby", words, f"{self._socket}/log")
        self._receiver = None

    def start(self):
        self._server.start()
        wait_until(self._receives, "the standby to stream")

    def hold_back(self):
        """It receives nothing more, and its primary does not notice."""
        os.kill(self._receiver, signal.SIGSTOP)

    @property
    def conninfo(self):
        return self._conninfo

    def hold_replay(self):
        """It receives what comes, and shows none of it."""
        query(self._conninfo, "SELECT pg_wal_replay_pause()")

    def promote(self):
        os.kill(self._receiver, signal.SIGKILL)
        # A killed child makes the server start its sessions again.
        wait_until(self._promoted, "the standby to be promoted")

    def stop(self):
        if self._receiver and self._server.runs():
            try:
                os.kill(self._receiver, signal.SIGCONT)
            except ProcessLookupError:
                pass
        if self._server.runs():
            self._server.end(signal.SIGINT)
        shutil.rmtree(self._socket, ignore_errors=True)

    def _receives(self):
        rows = self._ask("SELECT pid FROM pg_stat_wal_receiver WHERE status = 'streaming'")
        if rows:
            self._receiver = int(rows[0][0])
        return bool(rows)

    def _promoted(self):
        if self._ask("SELECT pg_is_in_recovery()::text") == [["false"]]:
            return True
        self._ask("SELECT pg_promote(false)")
        return False

    def _ask(self, sql):
        try:
            return [list(row) for row in query(self._conninfo, sql)]
        except RuntimeError:
            return []
