"""What the network between nodes, database and peers does. Faults as in process_faults.py."""

import time

from network import BOUNCER, DATABASE
from watch import LINK_SECONDS

_FLAP_SECONDS = 0.3
_FLAPPING_SECONDS = 10


def _both_ways(one, others):
    return [pair for other in others for pair in ((one, other), (other, one))]


def _lost(cluster):
    """How many packets have been lost. Error: RuntimeError, none."""
    number = sum(cluster.network.dropped().values())
    if number == 0:
        raise RuntimeError("no packet was lost")
    return f"{number} packets lost"


def _peers(cluster, node):
    return sorted({each.host.address for each in cluster.nodes.values()} - {node.host.address})


def leader_without_database(cluster, chance):
    leader, before = cluster.leader()
    at = time.time()
    cluster.network.cut(_both_ways(leader.host.address, (DATABASE, BOUNCER)))
    found = cluster.take_over(at, before)
    time.sleep(chance.uniform(0, 2))
    lost = _lost(cluster)
    cluster.network.mend()
    reason = cluster.come_again(leader, before.holder)
    return f"{leader.name}: {lost}; {found}; it is '{reason}' and has joined again"


def follower_without_database(cluster, chance):
    followers, before = cluster.followers()
    node = chance.choice(followers)
    uuid = before.uuid_of(node.name)
    at = time.time()
    cluster.network.cut(_both_ways(node.host.address, (DATABASE, BOUNCER)))
    took = cluster.recover(at, cluster.ttl + cluster.grace, {uuid})
    time.sleep(chance.uniform(0, 2))
    lost = _lost(cluster)
    cluster.network.mend()
    reason = cluster.come_again(node, uuid)
    return f"{node.name}: {lost}; cursors move after {took:.2f} s; it is '{reason}' and has joined again"


def _unlinked(cluster, pairs, before, names):
    """The shards of these nodes come to others, while the leader stays. @returns a few words."""
    at = time.time()
    cluster.network.cut(pairs)
    took = cluster.recover(at, LINK_SECONDS + cluster.grace, {before.uuid_of(each) for each in names})
    after = cluster.state()
    if after.epoch != before.epoch or not all(map(after.uuid_of, names)):
        raise RuntimeError("members that reached the database were replaced")
    lost = _lost(cluster)
    cluster.network.mend()
    return f"{lost}; all shards are elsewhere and move after {took:.2f} s"


def leader_without_peers(cluster, _chance):
    leader, before = cluster.leader()
    peers = _peers(cluster, leader)
    names = [name for name in cluster.nodes if name != leader.name]
    return f"{leader.name}: {_unlinked(cluster, _both_ways(leader.host.address, peers), before, names)}"


def one_way_only(cluster, chance):
    leader, before = cluster.leader()
    node = chance.choice([each for each in cluster.nodes.values() if each is not leader])
    one, other = chance.sample([leader, node], 2)
    proof = _unlinked(cluster, [(one.host.address, other.host.address)], before, [node.name])
    return f"from {one.name} to {other.name}: {proof}"


def followers_apart(cluster, chance):
    """Nobody has to do anything: both reach the leader."""
    followers, before = cluster.followers()
    one, other = chance.sample(followers, 2)
    cluster.network.cut(_both_ways(one.host.address, [other.host.address]))
    at = time.time()
    time.sleep(LINK_SECONDS + cluster.grace)
    lost = _lost(cluster)
    took = cluster.recover(time.time(), cluster.grace)
    after = cluster.state()
    if after.epoch != before.epoch or after.tokens != before.tokens:
        raise RuntimeError("the leader or the placement has changed")
    cluster.network.mend()
    return f"{one.name} and {other.name} for {time.time() - at:.1f} s: {lost}; nothing moved, cursors went on ({took:.2f} s)"


def _flapping(cluster, node, go_down, go_up):
    """@returns how many times. Each time `go_down` and then `go_up`."""
    end = time.time() + _FLAPPING_SECONDS
    times = 0
    while time.time() < end:
        go_down()
        time.sleep(_FLAP_SECONDS)
        go_up()
        time.sleep(_FLAP_SECONDS)
        times += 1
    return times


def link_flaps(cluster, chance):
    node = chance.choice(list(cluster.nodes.values()))
    pairs = _both_ways(node.host.address, _peers(cluster, node))
    lost = []

    def go_up():
        lost.append(sum(cluster.network.dropped().values()))
        cluster.network.mend()

    times = _flapping(cluster, node, lambda: cluster.network.cut(pairs), go_up)
    if sum(lost) == 0:
        raise RuntimeError("no packet was lost")
    took = cluster.recover(time.time(), cluster.ttl + cluster.grace)
    return f"{node.name}: {times} times, {sum(lost)} packets lost; cursors move after {took:.2f} s"


def link_is_reset(cluster, chance):
    """The same with connections that end at once."""
    node = chance.choice(list(cluster.nodes.values()))
    network, peers = cluster.network, _peers(cluster, node)
    before = network.resets(node.host)
    times = _flapping(
        cluster, node, lambda: network.reset(node.host, peers), lambda: network.reset(node.host, [])
    )
    resets = network.resets(node.host) - before
    if resets == 0:
        raise RuntimeError("no connection was reset")
    took = cluster.recover(time.time(), cluster.ttl + cluster.grace)
    return f"{node.name}: {times} times, {resets} resets; cursors move after {took:.2f} s"


def packets_late_and_lost(cluster, chance):
    node = chance.choice(list(cluster.nodes.values()))
    cluster.network.slow_down(node.host, 200, 100, 5)
    time.sleep(cluster.ttl + chance.uniform(2, 5))
    counts = cluster.network.delayed(node.host)
    cluster.network.mend()
    if counts["delayed"] == 0 or counts["lost"] == 0:
        raise RuntimeError(f"the wire has done nothing: {counts}")
    took = cluster.recover(time.time(), cluster.ttl + cluster.grace)
    return f"{node.name}: {counts['delayed']} packets late, {counts['lost']} lost; cursors move after {took:.2f} s"


FAULTS = [
    leader_without_database,
    follower_without_database,
    leader_without_peers,
    one_way_only,
    followers_apart,
    link_flaps,
    link_is_reset,
    packets_late_and_lost,
]
