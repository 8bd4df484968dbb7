"""The faults that can be planted, and the alert that each has to raise; those of a cluster are in cluster_kinds.py.

Each fault takes the `Run`; it is planted when its context is entered and ends when it is left.
"""

import contextlib
import dataclasses
import os
import signal
import socket
import threading
import typing

import read_client
from process import wait_until
from psql import query
from standby import Standby


@dataclasses.dataclass
class Kind:
    name: str
    alert: str
    plant: typing.Callable
    needs_disk: bool = False


KINDS = []


def raises(alert, needs_disk=False):
    def add(function):
        name = function.__name__.replace("_", " ")
        KINDS.append(Kind(name, alert, contextlib.contextmanager(function), needs_disk))
        return function

    return add


# -- the node ----------------------------------------------------------------------------------


@raises("PrismDown")
def node_killed(run):
    run.node.kill()
    yield
    run.node.start()


@raises("PrismRestartsOften")
def node_killed_repeatedly(run):
    for _ in range(4):
        run.node.kill()
        run.node.start()
        run.wait_until_scraped()
    yield


@raises("PrismAbsent")
def target_forgotten(run):
    run.monitoring.set_targets([])
    yield
    run.monitoring.set_targets([run.target])


@raises("PrismActorsRestart")
def actors_killed(run):
    with run.other_node("--chaos-kill-per-minute=300"):
        yield


@raises("PrismLogLinesLost")
def log_not_read(run):
    with run.other_node(unread=True):
        run.wait_until_scraped()
        # It answers with a page of lines.
        with repeated(lambda: os.kill(run.node.pid, signal.SIGUSR1), 0.005):
            yield


@raises("PrismMetricsPortFlooded")
def metrics_port_flooded(run):
    host, port = run.target.split(":")
    held = []

    def connect():
        held.append(socket.create_connection((host, int(port)), timeout=5))
        if len(held) > 200:
            held.pop(0).close()

    with repeated(connect, 0.005):
        yield
    for each in held:
        each.close()


# -- operators ---------------------------------------------------------------------------------


@raises("PrismCertificateExpiresSoon")
def certificate_of_nine_days(run):
    run.issue_certificate(9)
    yield
    run.issue_certificate(365)


@raises("PrismCertificateExpires")
def certificate_of_a_day(run):
    run.issue_certificate(1)
    yield
    run.issue_certificate(365)


@raises("PrismOperatorsRefused")
def operator_revoked(run):
    with repeated(run.look_with_revoked_certificate, 0.1):
        yield


# -- the database ------------------------------------------------------------------------------


@raises("PrismDatabaseUnreachable")
def database_down(run):
    run.database.server.kill()
    yield
    run.database.start()


@raises("PrismCommitsStuck")
def database_silent(run):
    run.proxy.order("black-hole")
    yield
    run.proxy.order("pass")


@raises("PrismNotReady")
def database_stopped(run):
    run.database.stop_all()
    yield
    run.database.send_all(signal.SIGCONT)


@raises("PrismDatabaseUnreachable")
def connections_refused(run):
    run.proxy.order("refuse")
    yield
    run.proxy.order("pass")


@raises("PrismDatabaseConnectionsFail")
def connections_cut(run):
    wait_until(lambda: run.proxy.count("open") > 0, "a connection that can be cut")
    run.proxy.order("cut")
    yield


@raises("PrismDatabaseConnectionsFail")
def cut_before_commit(run):
    run.proxy.order("cut-before-commit 1")
    yield


@raises("PrismDatabaseConnectionsFail")
def cut_after_commit(run):
    run.proxy.order("cut-after-commit 1")
    yield


@raises("PrismDatabaseSlow")
def packets_slow(run):
    with run.other_relay("--rate=200"):
        run.proxy.order("delay 300")  # of the six or more round trips of a batch
        yield
        run.proxy.order("pass")


@raises("PrismDatabaseSlow")
def commits_slow(run):
    with run.other_relay("--rate=200"):
        run.proxy.order("commits 1")
        yield
        run.proxy.order("pass")


@raises("PrismDatabaseFull", needs_disk=True)
def disk_full(run):
    with run.empty_database("--rate=200"):
        run.disk.fill()
        yield
        run.disk.free()


@raises("PrismPoolExhausted")
def pool_exhausted(run):
    with run.other_node("--db-pool-size=1"):
        run.wait_until_ready()  # or the start waits for the lock, and no job does
        with locked(run, "firehose_cursor"):
            yield


@raises("PrismDatabaseTimeouts")
def tablelocked(run):
    with run.other_node("--statement-timeout-ms=500"):
        run.wait_until_ready()
        with locked(run, "firehose_cursor"):
            yield


@raises("PrismCommitsNotReplicated")
def synchronous_standby_away(run):
    _set(run, "synchronous_standby_names", "nobody")
    yield
    _set(run, "synchronous_standby_names", "")


@raises("PrismBeganAgain")
def backup_restored(run):
    copy = run.database.copy("--wal-method=stream")
    run.wait_for_progress()
    run.database.server.kill()
    run.database.go_on_in(copy)
    yield


@raises("PrismBeganAgain")
def lagging_standby_promoted(run):
    copy = run.database.copy("--wal-method=stream", "--write-recovery-conf")
    standby = Standby(run.database, copy)
    standby.start()
    try:
        standby.hold_back()
        run.wait_for_progress()
        run.database.server.kill()
        standby.promote()
    finally:
        standby.stop()
    run.database.go_on_in(copy)
    yield


# -- what is in the database -------------------------------------------------------------------


@raises("PrismShardBlocked")
def right_missing(run):
    with run.empty_database("--rate=50"):
        # What a missing right looks like; the owner of a table always has it.
        query(
            run.database.conninfo,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'permission denied' USING ERRCODE = '42501'; END $$; "
            "CREATE TRIGGER refuse BEFORE INSERT ON likes FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        yield
        query(run.database.conninfo, "DROP TRIGGER refuse ON likes; DROP FUNCTION refuse()")


@raises("PrismDeadLetters")
def records_poisoned(run):
    with run.empty_database("--rate=50"):
        query(run.database.conninfo, "ALTER TABLE likes ADD CONSTRAINT poison CHECK (creator_id < 0) NOT VALID")
        yield
        query(run.database.conninfo, "ALTER TABLE likes DROP CONSTRAINT poison")


@raises("PrismAuditFindings")
def counts_wrong(run):
    with run.other_node("--audit-interval-s=1"):
        query(run.database.conninfo, "UPDATE user_aggregates SET posts_count = posts_count + 7")
        yield


@raises("PrismJobsFail")
def jobs_fail(run):
    query(run.database.conninfo, "ALTER TABLE oauth_states RENAME TO oauth_elsewhere")
    with run.other_node("--oauth-sweep-interval-s=1"):
        yield
    query(run.database.conninfo, "ALTER TABLE oauth_elsewhere RENAME TO oauth_states")


# -- the relay ---------------------------------------------------------------------------------


@raises("PrismRelayDisconnected")
def relay_down(run):
    run.relay.kill()
    yield
    run.start_relay()


@raises("PrismRelaySilent")
def relay_silent(run):
    with run.relay.paused():
        yield


@raises("PrismBehind")
def relay_behind(run):
    # Its events are old from the start: only silence ends this.
    with run.relay.paused():
        wait_until(lambda: not run.monitoring.fires("PrismBehind"), "silence")
    run.planted_now()
    yield
    os.kill(run.relay.pid, signal.SIGSTOP)
    run.afterwards(lambda: os.kill(run.relay.pid, signal.SIGCONT))


@raises("PrismRelayFramesBad")
def relay_sends_nonsense(run):
    faults = [f"--fault={what}-at={at}" for at in range(1, 4000, 20) for what in ("garbage", "text")]
    with run.other_relay("--rate=100", *faults):
        yield


@raises("PrismRelayNumbersWentBack")
def relay_begins_anew(run):
    with run.odd_relay("back"):
        yield


@raises("PrismRelayNumbersStray")
def relay_sends_strays(run):
    with run.odd_relay("stray"):
        yield


@raises("PrismEventsFromTheFuture")
def clocks_apart(run):
    # Of two clocks it does not matter here which one is wrong.
    with run.odd_relay("future"):
        yield


# -- identity ----------------------------------------------------------------------------------


@raises("PrismIdentityFails")
def identity_hosts_broken(run):
    nobody = "http://127.0.0.1:1"
    with run.other_node(
        f"--plc-url={nobody}", f"--handle-resolver-url={nobody}", "--identity-lookups=on", "--allow-private-addresses=yes"
    ):
        with run.empty_database("--rate=50"), repeated(run.ask_about_everybody, 1):
            yield


@raises("PrismIdentityBehind")
def identity_directory_silent(run):
    """Many new accounts, and a directory that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        directory = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with run.other_node(
            f"--plc-url={directory}", f"--handle-resolver-url={directory}", "--identity-lookups=on",
            "--allow-private-addresses=yes", "--identity-concurrency=1"
        ), run.odd_relay("crowd"):  # fmt: skip
            yield


# -- the data plane ----------------------------------------------------------------------------


@raises("PrismReadsHaveNoReader")
def readers_shut_out(run):
    with run.other_node("--dataplane-database-url=host=127.0.0.1 port=1 user=prism dbname=prism"):
        yield


@raises("PrismReadersMissing")
def readers_limited(run):
    with _reading_role(run, "CONNECTION LIMIT 3"):
        yield


@raises("PrismReadsRefused")
def readers_held_up(run):
    with run.other_node("--dataplane-readers=1", "--dataplane-max-waiting=1"):
        run.wait_until_ready()
        with locked(run, "feed_generators", "ACCESS EXCLUSIVE"), contextlib.ExitStack() as callers:
            for _ in range(5):  # one is at the reader, one waits
                callers.enter_context(_calls(run, "GetActorFeeds"))
            yield


@raises("PrismReadsFail")
def right_to_read_missing(run):
    with _reading_role(run):
        query(run.database.conninfo, "REVOKE SELECT ON follows FROM reading")
        with _calls(run, "GetFollows"):
            yield


@raises("PrismReadsSlow")
def reads_slow(run):
    with _calls(run, "GetLatestRev"):
        run.proxy.order("delay 600")
        yield
        run.proxy.order("pass")


@raises("PrismReadsUnknownMethod")
def appview_newer(run):
    with _calls(run, "GetTomorrow"):
        yield


@raises("PrismReadsStale")
def replica_behind(run):
    copy = run.database.copy("--wal-method=stream", "--write-recovery-conf")
    standby = Standby(run.database, copy)
    standby.start()
    try:
        with run.other_node(f"--dataplane-database-url={standby.conninfo}"):
            run.wait_until_ready()
            standby.hold_replay()
            yield
    finally:
        standby.stop()


@raises("PrismReadsBadClients")
def port_of_reads_misused(run):
    def misuse():
        with socket.create_connection(("127.0.0.1", run.reads), timeout=5) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
            peer.recv(1000)

    with repeated(misuse, 0.05):
        yield


# -- helpers -----------------------------------------------------------------------------------


def _set(run, name, value):
    query(run.database.conninfo, f"ALTER SYSTEM SET {name} = '{value}'")
    query(run.database.conninfo, "SELECT pg_reload_conf()")


@contextlib.contextmanager
def _reading_role(run, options=""):
    """A node whose readers have a role of their own."""
    query(run.database.conninfo, f"CREATE ROLE reading LOGIN {options}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reading")
    url = next(word for word in run.node_command if word.startswith("--database-url="))
    with run.other_node(f"--dataplane-{url.removeprefix('--')}".replace("user=prism", "user=reading")):
        run.wait_until_ready()
        yield
    query(run.database.conninfo, "DROP OWNED BY reading; DROP ROLE reading")


@contextlib.contextmanager
def _calls(run, method):
    """Calls about an account, one after the other."""
    message = read_client.text_field(1, "did:plc:a") + read_client.number_field(2, 50)
    with repeated(lambda: read_client.call(run.reads, method, message), 0.02):
        yield


@contextlib.contextmanager
def locked(run, table, mode="SHARE"):
    """Nobody writes into the table; the lock lasts until the session is ended."""
    sql = f"BEGIN; LOCK TABLE {table} IN {mode} MODE; SELECT pg_sleep(3600)"

    def hold():
        with contextlib.suppress(RuntimeError):
            query(run.database.conninfo + " application_name=the_lock", sql)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield
    finally:
        query(run.database.conninfo, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'the_lock'")
        thread.join()


@contextlib.contextmanager
def repeated(action, seconds):
    done = threading.Event()

    def work():
        while not done.wait(seconds):
            with contextlib.suppress(RuntimeError, OSError):
                action()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
