"""tools/prism-proxy under the orders of a script."""

import subprocess


class Proxy:
    """The fault proxy before a PostgreSQL."""

    def __init__(self, program, server, log):
        self._process = subprocess.Popen(
            [program, f"--server={server}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.port = int(self._answer().split()[-1])

    def order(self, line):
        """Error: RuntimeError with the proxy's words."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if answer.startswith("error"):
            raise RuntimeError(f"prism-proxy: {answer}")
        return answer

    def count(self, name):
        """One number of its statistics."""
        pairs = dict(pair.split("=") for pair in self.order("stats").split())
        return int(pairs[name])

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("prism-proxy ended")
        return line.strip()
