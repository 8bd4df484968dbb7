"""Questions to PostgreSQL through its own client, so that Python's library is enough.

On the module path of every script (scripts/lib.sh).
"""

import json
import os
import subprocess

_COMMAND = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t"]


def query(conninfo, sql):
    """Runs SQL statements; the rows of all of them, each a list of texts. Error: RuntimeError with
    psql's own words. For values without tabs and newlines."""
    return [line.split("\t") for line in _run(conninfo, sql).split("\n") if line]


def json_rows(conninfo, select, before=""):
    """The rows of one SELECT as dicts, whatever their texts hold. Error: RuntimeError.
    `before`: statements that the SELECT sees and nobody else; they are rolled back."""
    # Only a newline ends a row: text may hold other characters that Python takes for line ends.
    answer = _run(conninfo, f"BEGIN;\n{before}SELECT row_to_json(q) FROM ({select}) q;\nROLLBACK")
    return [json.loads(line) for line in answer.split("\n") if line]


def _run(conninfo, sql):
    done = subprocess.run(
        [*_COMMAND, "-d", conninfo, "-f", "-"],
        input=sql.encode(),
        capture_output=True,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"},
    )
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr.decode().strip()}\n  in: {sql[:500]}")
    return done.stdout.decode()


class Repeated:
    """One session for a question that is asked very often."""

    def __init__(self, conninfo, sql):
        self._sql = sql
        self._psql = subprocess.Popen(
            ["psql", "-XAtq", "-d", conninfo],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the schema may not be there yet
            text=True,
        )

    def ask(self):
        """The one value of the answer as text; None without an answer. Error: RuntimeError."""
        self._psql.stdin.write(f"{self._sql};\n\\echo .\n")
        self._psql.stdin.flush()
        answer = None
        while (line := self._psql.stdout.readline().strip()) != ".":
            if line == "" and self._psql.poll() is not None:
                raise RuntimeError("psql ended: is PostgreSQL still there?")
            answer = line
        return answer

    def close(self):
        self._psql.stdin.close()
        self._psql.wait()
