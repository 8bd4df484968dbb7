"""All that takes part in a run: network, database, bouncer, relay, nodes; and what is known of them."""

import signal
import time

import history
from network import Network, run_tool
from node import Node
from postgres import Database
from process import Process, wait_until
from table import Table

# For what has no bound of its own: the start of a process, a node that comes again.
PATIENCE_SECONDS = 60
_LOOK_SECONDS = 0.05
# A link that is silent is ended after 3 s; shards stay on a node without link for 5 s.
LINK_SECONDS = 8


class Cluster:
    def __init__(self, plan):
        log = plan["logs"]
        self.plan = plan
        self.ttl = plan["ttl_ms"] / 1000
        self.grace = plan["grace"]
        self.shards = plan["shards"]
        self.last_seq = plan["last_seq"]
        self.conninfo = plan["conninfo"]
        self.table = Table(self.conninfo)
        self.takeovers = []  # seconds from a leader's loss to the next one's lease
        self.recoveries = []  # seconds from the loss until every cursor moved again
        self.resigns = []  # seconds from SIGTERM to the next one's lease
        self._wire_log = open(f"{log}/wire.log", "ab")
        # One host more than nodes: for a node that joins.
        self.network = Network(plan["nodes"] + 1, self._wire_log)
        self.database = Database(plan["postgres"], self.conninfo, f"{log}/postgres.log")
        self.bouncer = Process("PgBouncer", plan["bouncer"], f"{log}/pgbouncer.log")
        self.relay = Process("the relay", plan["relay"], f"{log}/relay.log")
        self.directory = Process("the directory", plan["directory"], f"{log}/directory.log")
        self.nodes = {}  # that should run, by name
        self._made = 0

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
        self.relay.start()
        self.relay.wait_for_log(self.plan["relay_says"])

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
                if node.runs() and (status := node.end(signal.SIGTERM)) != 0:
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

    # -- what is known

    def state(self):
        """The table. Error: RuntimeError, the database does not answer."""
        found = []

        def read():
            found[:] = [self.table.read()]
            return found[0] is not None

        wait_until(read, "an answer of the database", PATIENCE_SECONDS)
        return found[0]

    def leader(self):
        """The node that leads, and the table in which it did."""
        found = []

        def read():
            state = self.state()
            found[:] = [state]
            return state.leader() in self.nodes

        wait_until(read, "a leader", PATIENCE_SECONDS)
        return self.nodes[found[0].leader()], found[0]

    def followers(self):
        """With the table in which they were."""
        leader, state = self.leader()
        return [node for node in self.nodes.values() if node is not leader], state

    # -- waiting

    def settle(self):
        """All nodes run, are members, and own shards. @returns the table. Error: RuntimeError."""
        deadline = time.time() + PATIENCE_SECONDS
        while True:
            for node in self.nodes.values():
                if not node.runs():
                    raise RuntimeError(f"{node.name} has ended by itself with {node.status}")
            state = self.state()
            why = self._broken(state, ()) or self._without_shard(state)
            if not why:
                return state
            if time.time() > deadline:
                raise RuntimeError(f"not whole within {PATIENCE_SECONDS} s: {why}")
            time.sleep(_LOOK_SECONDS)

    def recover(self, since, seconds, gone=()):
        """Within so many seconds from `since` there is a leader, every shard has an owner that
        lives, none of `gone` (uuids) among them, and every cursor moves. @returns the seconds that it
        took. Error: RuntimeError."""
        begun = None
        while True:
            state = self.table.read()
            why = "the database does not answer" if state is None else self._broken(state, gone)
            if why:
                begun = None
            else:
                begun = begun or state.cursors
                still = [s for s, seq in state.cursors.items() if not (seq > begun[s] or seq >= self.last_seq)]
                if not still:
                    return time.time() - since
                why = f"the cursors of shards {still} stand still"
            if time.time() - since > seconds:
                raise RuntimeError(f"after {seconds:.1f} s {why}")
            time.sleep(_LOOK_SECONDS)

    def take_over(self, lost_at, before, planned=False):
        """The same, with another leader than in the table `before`. @returns a few words."""
        took = self.recover(lost_at, self.ttl + self.grace, {before.holder})
        taken = history.taken_since(self.conninfo, before.epoch)
        if not taken:
            raise RuntimeError("the history knows of no other leader")
        at = taken[0][0] - lost_at
        if planned:
            self.resigns.append(at)
        else:
            self.takeovers.append(at)
            self.recoveries.append(took)
        return f"{self.state().leader()} leads after {at:.2f} s, all cursors move after {took:.2f} s"

    def _broken(self, state, gone):
        """What is missing; empty if nothing is."""
        if not state.lease_live or not state.lives(state.holder):
            return "there is no leader"
        if state.holder in gone:
            return "there is no other leader"
        lost = [s for s, owner in state.owners.items() if owner in gone or not state.lives(owner)]
        if lost:
            return f"shards {lost} have no owner that lives"
        if len(state.owners) < self.shards:
            return f"{len(state.owners)} of {self.shards} shards are placed"
        return ""

    def _without_shard(self, state):
        idle = [name for name in self.nodes if not state.owned_by(name)]
        return f"{idle} own no shard" if idle and self.shards >= len(self.nodes) else ""

    def come_again(self, node, uuid):
        """The node is a member under another uuid than this. @returns what the table says of the old."""
        found = []

        def there():
            if not node.runs():
                raise RuntimeError(f"{node.name} has ended with {node.status}")
            found[:] = [self.state()]
            return found[0].uuid_of(node.name) not in (None, uuid)

        wait_until(there, f"{node.name} to join again", PATIENCE_SECONDS)
        return found[0].members.get(uuid, {}).get("dead") or "not dead"

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
