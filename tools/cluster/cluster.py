"""All that takes part in a run: network, database, bouncer, relay, nodes."""

import signal
import time

import history
from network import Network, run_tool
from node import Node
from postgres import Database
from process import Process, wait_until
from watch import PATIENCE_SECONDS, Watch


class Cluster(Watch):
    def __init__(self, plan):
        log = plan["logs"]
        super().__init__(plan)
        self._wire_log = open(f"{log}/wire.log", "ab")
        # One host more than nodes: for a node that joins.
        self.network = Network(plan["nodes"] + 1, self._wire_log)
        self.database = Database(plan["postgres"], self.conninfo, f"{log}/postgres.log")
        self.bouncer = Process("PgBouncer", plan["bouncer"], f"{log}/pgbouncer.log")
        self.relay = Process("the relay", plan["relay"], f"{log}/relay.log")
        self.directory = Process("the directory", plan["directory"], f"{log}/directory.log")
        self._made = 0
        self._stream_begins = 0

    # -- beginning and end

    def start(self):
        self.start_idle(history.install)
        self.start_relay()
        wait_until(lambda: self.state().lowest() > 0, "the first events", PATIENCE_SECONDS)

    def start_idle(self, prepare=None):
        """All but the relay. `prepare` is called with the conninfo as soon as there are tables."""
        self.database.start()
        self.bouncer.start()
        if self.directory.command:
            self.directory.start()
            self.directory.wait_for_log("listening on")
        for number in range(self.plan["nodes"]):
            self.add_node(f"n{number + 1}", self.network.hosts[number])
            if number == 0 and prepare:
                wait_until(lambda: self.table.read() is not None, "the tables", PATIENCE_SECONDS)
                prepare(self.conninfo)
        self.settle()

    def start_relay(self):
        """A frame is due when it would have been without a restart."""
        self._stream_begins = self._stream_begins or int(time.time())
        self.relay.start(*([f"--since={self._stream_begins}"] if self.plan["relay_since"] else []))
        self.relay.wait_for_log("listening on")

    def add_node(self, name, host):
        self._made += 1
        issue = [self.plan["prismctl"], "tls", "issue", self.plan["tls"], "--role", "node", name]
        run_tool([*issue, "--host", host.address, "--force"])
        node = self.nodes[name] = Node(name, host, self._made, self.plan)
        node.start()
        return node

    def new_name(self):
        return f"x{self._made + 1}"

    def free_host(self):
        used = [node.host for node in self.nodes.values()]
        return next(host for host in self.network.hosts if host not in used)

    def operator(self, *words):
        """prismctl, with the right to act, at the leader. Error: RuntimeError with its words."""
        tls = self.plan["tls"]
        node, _ = self.leader()
        run_tool(
            [self.plan["prismctl"], "--node", node.tunnel, "--certificate", f"{tls}/operator.crt",
             "--key", f"{tls}/operator.key", "--authority", f"{tls}/ca.crt", *words, "--why", "a run with faults"]
        )  # fmt: skip

    def stop(self):
        """All nodes end in order. @returns sentences about those that do not."""
        complaints = []
        try:
            self.settle()  # process 1 does not get a signal that it does not wait for yet
        except RuntimeError as error:
            complaints.append(f"at the end: {error}")
        for node in self.nodes.values():
            try:
                if node.runs() and (status := node.end(signal.SIGTERM, PATIENCE_SECONDS)) != 0:
                    complaints.append(f"{node.name} ended with {status} at SIGTERM")
            except RuntimeError as error:
                complaints.append(f"at SIGTERM: {error}")
                node.kill()
        return complaints

    def stop_services(self):
        self.table.close()
        for each in (self.relay, self.bouncer, self.directory, self.database.server):
            if each.runs():
                each.end(signal.SIGINT)
        self._wire_log.close()

    # -- after a fault that was not survived

    def mend(self):
        """Everybody runs and reaches everybody, so that the next fault means something."""
        if self.database.server.runs():
            self.database.send_all(signal.SIGCONT)
        else:
            self.database.start()
        self.network.mend()
        for each in (self.bouncer, *([self.directory] if self.directory.command else [])):
            if not each.runs():
                each.start()
        if not self.relay.runs():
            self.start_relay()
        for node in self.nodes.values():
            if node.runs():
                node.go_on()
            else:
                node.start()
