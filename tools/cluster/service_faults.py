"""What the database, its bouncer and the relay do to all nodes at once. Faults as in process_faults.py."""

import signal
import time

import history
from process import wait_until
from standby import Standby


def _all_go_on(cluster, since):
    return f"cursors move after {cluster.recover(since, cluster.ttl + cluster.grace):.2f} s"


def database_killed(cluster, chance):
    server = cluster.database.server
    size = server.log_size()
    server.kill()
    time.sleep(chance.uniform(0, 0.5))
    cluster.database.start()
    words = "database system was not properly shut down"
    if words not in server.log_since(size):
        raise RuntimeError("PostgreSQL does not say that it had been killed")
    return f"exit by signal 9; log: {words}; {_all_go_on(cluster, time.time())}"


def _nobody_died(cluster, since):
    dead = history.expired_since(cluster.conninfo, since)
    if dead:
        raise RuntimeError(f"declared dead while the database was away: {', '.join(dead)}")
    return "nobody was declared dead"


def database_silent(cluster, chance):
    """For longer than the ttl."""
    at = time.time()
    try:
        cluster.database.stop_all()
        time.sleep(cluster.ttl + chance.uniform(1, 3))
        still = cluster.database.is_stopped()
    finally:
        cluster.database.send_all(signal.SIGCONT)
    if not still:
        raise RuntimeError("PostgreSQL did not stand still")
    back = time.time()
    went_on = _all_go_on(cluster, back)
    return f"stood still for {back - at:.1f} s; {went_on}; {_nobody_died(cluster, at)}"


def database_down(cluster, chance):
    """For longer than the ttl, and says so."""
    at = time.time()
    cluster.database.stop()
    time.sleep(cluster.ttl + chance.uniform(1, 3))
    cluster.database.start()
    back = time.time()
    went_on = _all_go_on(cluster, back)
    return f"was down for {back - at:.1f} s; {went_on}; {_nobody_died(cluster, at)}"


def lagging_standby_promoted(cluster, chance):
    database = cluster.database
    copy = database.copy("--wal-method=stream", "--write-recovery-conf")
    standby = Standby(database, copy)
    standby.start()
    try:
        standby.hold_back()
        goal = database.highest_seq() + chance.randint(1, 50)
        wait_until(lambda: database.highest_seq() >= goal, f"seq {goal}")
        known = database.highest_seq()
        database.server.kill()
        standby.promote()
    finally:
        standby.stop()
    database.go_on_in(copy)
    back = time.time()
    found = database.highest_seq()
    if found >= known:
        raise RuntimeError(f"nothing was lost: seq {known} before, {found} after")
    return f"the database went back from seq {known} to {found}; {_all_go_on(cluster, back)}"


def bouncer_restarted(cluster, chance):
    concerned = [node.name for node in cluster.nodes.values() if node.uses_bouncer]
    cluster.bouncer.kill()
    time.sleep(chance.uniform(0, 1))
    cluster.bouncer.start()
    back = time.time()
    wait_until(lambda: "login attempt" in cluster.bouncer.log_since_start(), "nodes to connect again")
    return f"exit by signal 9; {', '.join(concerned)} connected again; {_all_go_on(cluster, back)}"


def relay_killed(cluster, chance):
    cluster.relay.kill()
    time.sleep(chance.uniform(0, 0.5))
    cluster.start_relay()
    back = time.time()
    wait_until(lambda: "opened" in cluster.relay.log_since_start(), "the leader to connect again")
    return f"exit by signal 9; connected again; {_all_go_on(cluster, back)}"


FAULTS = [
    database_killed,
    database_silent,
    database_down,
    lagging_standby_promoted,
    bouncer_restarted,
    relay_killed,
]
