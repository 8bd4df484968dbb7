"""What a run with faults needs: a database, a proxy before it, a relay and a node."""

import signal
import sys

from disk import Disk
from postgres import Database
from process import Process
from proxy import Proxy


class Stage:
    """All of them, of a plan: the commands (postgres, node, relay, proxy: lists of words; in the node's
    {port} becomes the proxy's), logs (a directory), conninfo and socket of the database, disk (that of
    its tables, "" if it cannot be filled), last_seq. Only the proxy runs already."""

    def __init__(self, plan):
        log = plan["logs"]
        self.disk = Disk(plan["disk"]) if plan["disk"] else None
        self.last_seq = plan["last_seq"]
        self._proxy_log = open(f"{log}/proxy.log", "ab")
        self.database = Database(plan["postgres"], plan["conninfo"], f"{log}/postgres.log")
        self.proxy = Proxy(plan["proxy"], plan["socket"], self._proxy_log)
        self.relay = Process("prism-replay", plan["relay"], f"{log}/replay.log")
        self.node_command = [word.replace("{port}", str(self.proxy.port)) for word in plan["node"]]
        self.node = Process("prismd", self.node_command, f"{log}/prismd.log")

    def start_relay(self, *more):
        self.relay.start(*more)
        self.relay.wait_for_log("listening on")

    def leave_work(self, share, seq):
        """If more than this share of the stream has come, the node finds its cursor where it was at
        `seq`, and what comes again has to count once. Otherwise nothing is left to happen."""
        if self.database.highest_seq() < self.last_seq * share:
            return
        self.node.kill()
        self.database.rewind(seq)
        self.node.start()

    def end(self, number):
        """The node gets this signal, then all else ends. @returns the node's exit status, None: it had ended."""
        status = self.node.end(number) if self.node.runs() else None
        for each in (self.relay, self.database.server):
            if each.runs():
                each.end(signal.SIGINT)
        self.proxy.close()
        self._proxy_log.close()
        return status


def names_unknown(wanted, known):
    """Whether one of the faults asked for does not exist, which is said on the standard error."""
    for name in wanted:
        if name not in known:
            print(f"no such fault: {name}; there are: {', '.join(known)}", file=sys.stderr)
            return True
    return False
