"""Processes that die, stand still, come and go.

Each fault takes the `Cluster`, in which all is well, and a random generator; strikes; waits until what has
to go on without what is lost does; repairs; and returns a few words of proof. Error: RuntimeError, it did
not strike, or somebody did not survive it.
"""

import signal
import time

import history
from process import wait_until
from watch import PATIENCE_SECONDS

FENCED = 76  # the exit code of a process whose place another one has taken


def _resign_seconds(cluster):
    """For the next leader's lease: a second, or half of what the machine is given; less than a ttl in any case."""
    return min(cluster.grace / 2, 0.9 * cluster.ttl)


def _past_ttl(cluster, chance, since):
    """Waits until so long after `since` that everything of a ttl has run out."""
    time.sleep(max(0.0, since + cluster.ttl + chance.uniform(0.5, 2) - time.time()))


def leader_killed(cluster, _chance):
    leader, before = cluster.leader()
    at = time.time()
    leader.kill()
    found = cluster.take_over(at, before)
    leader.start()
    return f"{leader.name}: exit by signal 9; {found}"


def leader_killed_and_back(cluster, _chance):
    """It comes back before its lease has run out, and takes up what it left."""
    leader, before = cluster.leader()
    at = time.time()
    leader.kill()
    leader.start()
    took = cluster.recover(at, cluster.ttl + cluster.grace, {before.holder})
    reason = cluster.come_again(leader, before.holder)
    return f"{leader.name}: exit by signal 9; the old one is '{reason}', all cursors move after {took:.2f} s"


def follower_killed(cluster, chance):
    followers, before = cluster.followers()
    node = chance.choice(followers)
    at = time.time()
    node.kill()
    took = cluster.recover(at, cluster.ttl + cluster.grace, {before.uuid_of(node.name)})
    node.start()
    return f"{node.name}: exit by signal 9; all cursors move after {took:.2f} s"


def _after_stop(cluster, chance, node, uuid, at):
    _past_ttl(cluster, chance, at)
    if not node.is_stopped():
        raise RuntimeError(f"{node.name} did not stand still")
    stood = time.time() - at
    node.go_on()
    reason = cluster.come_again(node, uuid)
    if reason != "expired":
        raise RuntimeError(f"{node.name} stood still for {stood:.1f} s, but the table says '{reason}'")
    return f"{node.name} stood still for {stood:.1f} s, was declared dead and has joined again"


def leader_stopped(cluster, chance):
    leader, before = cluster.leader()
    at = time.time()
    leader.stop()
    found = cluster.take_over(at, before)
    return f"{_after_stop(cluster, chance, leader, before.holder, at)}; {found}"


def follower_stopped(cluster, chance):
    followers, before = cluster.followers()
    node = chance.choice(followers)
    uuid = before.uuid_of(node.name)
    at = time.time()
    node.stop()
    took = cluster.recover(at, cluster.ttl + cluster.grace, {uuid})
    return f"{_after_stop(cluster, chance, node, uuid, at)}; all cursors move after {took:.2f} s"


def _end(node):
    status = node.end(signal.SIGTERM)
    if status != 0:
        raise RuntimeError(f"{node.name} ended with {status} at SIGTERM")


def rolling_restart(cluster, chance):
    names = chance.sample(sorted(cluster.nodes), len(cluster.nodes))
    for name in names:
        _end(cluster.nodes[name])
        cluster.nodes[name].start()
        cluster.settle()
    return f"{', '.join(names)} ended with 0 and came again"


def leader_resigned(cluster, _chance):
    leader, before = cluster.leader()
    at = time.time()
    _end(leader)
    # Its batches are committed first; from then on the others may not wait.
    found = cluster.take_over(at, before, planned=True)
    released = history.released_at(cluster.conninfo, before.epoch)
    taken = history.taken_since(cluster.conninfo, before.epoch)[0][0]
    limit = _resign_seconds(cluster)
    if released is None or taken - released > limit:
        raise RuntimeError(f"released {released}, taken {taken}: not within {limit} s")
    leader.start()
    return f"{leader.name}: exit code 0; taken {taken - released:.2f} s after it was given back; {found}"


def node_replaced(cluster, chance):
    """A process of the same name on another host: the newer one wins."""
    older = chance.choice(list(cluster.nodes.values()))
    uuid = cluster.state().uuid_of(older.name)
    newer = cluster.add_node(older.name, cluster.free_host())
    status = older.wait()
    reason = cluster.come_again(newer, uuid)
    if status != FENCED or reason != "replaced":
        raise RuntimeError(f"the older {older.name} ended with {status}, dead because '{reason}'")
    return f"the older {older.name} ended with {FENCED}, the newer is at {newer.host.address}"


def _joined(cluster, name, host):
    node = cluster.add_node(name, host)
    state = cluster.settle()
    return node, f"{name} at {host.address} owns shards {state.owned_by(name)}"


def _left(cluster, node):
    """A node ends and does not come again. @returns the seconds until all went on without it."""
    uuid = cluster.state().uuid_of(node.name)
    at = time.time()
    del cluster.nodes[node.name]
    _end(node)
    return cluster.recover(at, cluster.ttl + cluster.grace, {uuid})


def node_joins(cluster, _chance):
    """On a host of its own; and leaves for good."""
    node, proof = _joined(cluster, cluster.new_name(), cluster.free_host())
    took = _left(cluster, node)
    return f"{proof}; left, all cursors move after {took:.2f} s"


def two_in_one_namespace(cluster, chance):
    """Both are process 1 of their process namespace, and have the addresses of one host."""
    other = chance.choice(list(cluster.nodes.values()))
    node, proof = _joined(cluster, cluster.new_name(), other.host)
    uuid = cluster.state().uuid_of(node.name)
    at = time.time()
    del cluster.nodes[node.name]
    node.kill()
    took = cluster.recover(at, cluster.ttl + cluster.grace, {uuid})
    return f"{proof}, beside {other.name}; killed, all cursors move after {took:.2f} s"


def shard_moved(cluster, chance):
    """By an operator."""
    state = cluster.state()
    shard = chance.choice(sorted(state.owners))
    others = [name for name in cluster.nodes if name != state.members[state.owners[shard]]["name"]]
    to = cluster.nodes[chance.choice(others)]
    cluster.operator("cluster", "move", str(shard), to.name)
    at = time.time()

    def there():
        return cluster.state().owners.get(shard) == state.uuid_of(to.name)

    wait_until(there, f"shard {shard} to be on {to.name}", PATIENCE_SECONDS)
    token = cluster.state().tokens[shard]
    took = cluster.recover(at, cluster.ttl + cluster.grace)
    cluster.operator("cluster", "unpin", str(shard))
    return f"shard {shard} to {to.name}, token {state.tokens[shard]} -> {token}; cursors move after {took:.2f} s"


FAULTS = [
    leader_killed,
    leader_killed_and_back,
    follower_killed,
    leader_stopped,
    follower_stopped,
    rolling_restart,
    leader_resigned,
    node_replaced,
    node_joins,
    two_in_one_namespace,
    shard_moved,
]
