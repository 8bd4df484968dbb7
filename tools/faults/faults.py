"""What can go wrong, and the proof that it did.

Each fault takes the `Run` and a random generator, strikes, and returns a few words of proof; the node
is running before and after it. Error: RuntimeError, it did not strike, or somebody did not survive it.
"""

import signal
import time

from process import wait_until
from standby import Standby


def _count_rises(run, name, strike):
    before = run.proxy.count(name)
    strike()
    wait_until(lambda: run.proxy.count(name) > before, f"the proxy's count of {name} to rise")
    return f"{name} {before} -> {run.proxy.count(name)}"


def _for_a_while(run, chance, order, counted, longest):
    try:
        proof = _count_rises(run, counted, lambda: run.proxy.order(order))
        time.sleep(run.outage(chance, longest))
    finally:
        run.proxy.order("pass")
    return proof


def postgres_killed(run, chance):
    size = run.database.server.log_size()
    run.database.server.kill()
    time.sleep(chance.uniform(0, 0.5))
    run.database.start()
    words = "database system was not properly shut down"
    if words not in run.database.server.log_since(size):
        raise RuntimeError("PostgreSQL does not say that it had been killed")
    return f"exit by signal 9; log: {words}"


def _lost(run, known, begun):
    """The node has noticed that the database is behind what it knew."""
    found = run.database.highest_seq()
    if found >= known:
        raise RuntimeError(f"nothing was lost: seq {known} before, {found} after")
    words = "beginning again from what the database has"
    wait_until(
        lambda: words in run.node.log_since(begun) or not run.node.runs(), f"prismd to write '{words}'"
    )
    return f"seq {known} -> {found}; {words}"


def _progress(run, chance):
    """Waits for some. @returns the highest seq then."""
    goal = run.database.highest_seq() + chance.randint(1, 300)
    wait_until(lambda: run.database.highest_seq() >= goal, f"seq {goal}")
    return run.database.highest_seq()


def backup_restored(run, chance):
    with run.node.paused():  # or the stream may end meanwhile, and nothing is left to be lost
        copy = run.database.copy("--wal-method=stream")
    known = _progress(run, chance)
    begun = run.node.log_size()
    run.database.server.kill()
    run.database.go_on_in(copy)
    return _lost(run, known, begun)


def lagging_standby_promoted(run, chance):
    with run.node.paused():
        copy = run.database.copy("--wal-method=stream", "--write-recovery-conf")
        standby = Standby(run.database, copy)
        standby.start()
    try:
        standby.hold_back()
        known = _progress(run, chance)
        begun = run.node.log_size()
        run.database.server.kill()
        standby.promote()
    finally:
        standby.stop()
    run.database.go_on_in(copy)
    return _lost(run, known, begun)


def postgres_stopped(run, chance):
    try:
        run.database.stop_all()
        time.sleep(run.outage(chance, 1.5))
        still = run.database.is_stopped()
    finally:
        run.database.send_all(signal.SIGCONT)
    if not still:
        raise RuntimeError("PostgreSQL did not stand still")
    return f"{len(run.database.process_ids())} processes in state T"


def postgres_slow(run, chance):
    return _for_a_while(run, chance, "commits 20", "slowed", 1.0)


def packets_slow(run, chance):
    return _for_a_while(run, chance, "delay 20", "delayed", 1.0)


def disk_full(run, chance):
    words = "No space left on device"
    size = run.database.server.log_size()
    try:
        run.disk.fill()
        wait_until(
            lambda: words in run.database.server.log_since(size), f"PostgreSQL to say '{words}'"
        )
        time.sleep(run.outage(chance, 2.0))
        refused = run.database.server.log_since(size).count(words)
    finally:
        run.disk.free()
    return f"{words}, {refused} times"


def connections_cut(run, _chance):
    def strike():
        wait_until(lambda: run.proxy.count("open") > 0, "a connection that can be cut")
        run.proxy.order("cut")

    return _count_rises(run, "cut", strike)


def connections_refused(run, chance):
    wait_until(lambda: run.proxy.count("open") > 0, "a connection that can be cut")
    return _for_a_while(run, chance, "refuse", "cut", 1.0)


def black_hole(run, chance):
    return _for_a_while(run, chance, "black-hole", "swallowed", 1.5)


def cut_before_commit(run, _chance):
    return _count_rises(run, "cut_before_commit", lambda: run.proxy.order("cut-before-commit 1"))


def cut_after_commit(run, _chance):
    return _count_rises(run, "cut_after_commit", lambda: run.proxy.order("cut-after-commit 1"))


def relay_killed(run, chance):
    run.relay.kill()
    time.sleep(chance.uniform(0, 0.5))
    size = run.relay.log_size()
    run.start_relay()
    wait_until(lambda: "opened" in run.relay.log_since(size), "the node to connect again")
    return "exit by signal 9; connected again"


def node_killed(run, chance):
    time.sleep(chance.uniform(0, 0.03))
    run.node.kill()
    run.node.start()
    return "exit by signal 9"


def _killed_at(name, max_hits):
    def strike(run, chance):
        plan = f"{name}:{chance.randint(1, max_hits)}"
        run.node.kill()
        run.node.start(f"--crash-point={plan}")
        if name == "during-drain":
            before = run.database.highest_seq()
            wait_until(
                lambda: run.database.highest_seq() > before or not run.node.runs(), "some progress"
            )
            run.node.expect_killed(run.node.end(signal.SIGTERM))
        else:
            run.node.expect_killed(run.node.wait())
        run.node.start()
        return f"{plan}: exit by signal 9"

    strike.__name__ = "node killed " + name
    return strike


def actors_killed(run, chance):
    run.node.kill()
    run.node.start("--chaos-kill-per-minute=300")
    # Not from /metrics: whoever serves that is killed, too.
    words = "chaos: killing actor"
    run.node.wait_for_log(words)
    time.sleep(chance.uniform(0.5, 2))
    number = run.node.log_since_start().count(words)
    run.node.kill()
    run.node.start()
    if number == 0:
        raise RuntimeError("no actor was killed")
    return f"{number} actors killed"


# Those that need something to be left to be parked, released, evicted or stored for the first time
# come first: what comes again after a rewind does none of that.
EARLY = [_killed_at("during-release", 2), _killed_at("during-eviction", 5), disk_full]
OTHERS = [
    postgres_killed,
    backup_restored,
    lagging_standby_promoted,
    postgres_stopped,
    postgres_slow,
    packets_slow,
    connections_cut,
    connections_refused,
    black_hole,
    cut_before_commit,
    cut_after_commit,
    relay_killed,
    node_killed,
    actors_killed,
    _killed_at("after-decode", 3),
    _killed_at("before-commit", 3),
    _killed_at("after-commit", 3),
    _killed_at("during-drain", 1),
]


def title(fault):
    return fault.__name__.replace("_", " ")


def left_out(chosen):
    """The names of the kinds that are not among these faults."""
    return [title(each) for each in EARLY + OTHERS if each not in chosen]


def names():
    return [title(each) for each in EARLY + OTHERS]


def choose(number, chance, with_disk, kinds):
    """That many faults: all kinds (or those named) once, in random order but for EARLY, before any
    comes again."""
    everyone = [
        each
        for each in EARLY + OTHERS
        if (with_disk or each is not disk_full) and (not kinds or title(each) in kinds)
    ]
    chosen = []
    while len(chosen) < number:
        chosen += chance.sample(everyone, len(everyone))
    del chosen[number:]
    return sorted(chosen, key=lambda fault: EARLY.index(fault) if fault in EARLY else len(EARLY))
