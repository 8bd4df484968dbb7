"""What is known of the cluster, and waiting for what has to come."""

import math
import time

import history
from process import wait_until
from table import Table

# For what has no bound of its own: the start of a process, a node that comes again.
PATIENCE_SECONDS = 30
# A link that is silent is ended after 3 s, on the far end up to a second later; shards stay on a node
# without link for 5 s.
LINK_SECONDS = 9
_LOOK_SECONDS = 0.05
# In which a node that has yet to notice what happened to its database does.
_CALM_SECONDS = 1.0


class Watch:
    def __init__(self, plan):
        self.plan = plan
        self.ttl = plan["ttl_ms"] / 1000
        self.grace = plan["grace"]
        self.shards = plan["shards"]
        self.last_seq = plan["last_seq"] or math.inf  # 0: it does not end
        self.conninfo = plan["conninfo"]
        self.table = Table(self.conninfo)
        self.nodes = {}  # that should run, by name
        self.takeovers = []  # seconds from a leader's loss to the next one's lease
        self.recoveries = []  # seconds from the loss until every cursor moved again
        self.resigns = []  # seconds from SIGTERM to the next one's lease

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

    def settle(self):
        """All nodes run, are members, and own shards, and nobody has joined anew for a while. @returns
        the table. Error: RuntimeError."""
        deadline = time.time() + PATIENCE_SECONDS
        known, since = None, 0.0
        while True:
            for node in self.nodes.values():
                if not node.runs():
                    raise RuntimeError(f"{node.name} has ended by itself with {node.status}")
            state = self.state()
            why = self._broken(state, ()) or self._without_shard(state)
            live = {uuid for uuid in state.members if state.lives(uuid)}
            if why or live != known:
                known, since = live, time.time()
            elif time.time() - since > _CALM_SECONDS:
                return state
            if time.time() > deadline:
                raise RuntimeError(f"not whole within {PATIENCE_SECONDS} s: {why or 'nodes join again and again'}")
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
