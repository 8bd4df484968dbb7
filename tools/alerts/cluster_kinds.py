"""The faults of a cluster that can be planted, as those of kinds.py."""

import contextlib
import http.server
import threading
import urllib.request

from free_port import free_port
from kinds import locked, raises, repeated
from newer_node import NewerNode
from pair import Pair


@raises("PrismClusterRoundsFail")
def members_locked(run):
    with locked(run, "cluster_members"):
        yield


@raises("PrismClusterHasNoLeader")
def lease_locked(run):
    with locked(run, "leases"):
        yield


@raises("PrismClusterHasTwoLeaders")
def node_scraped_twice(run):
    """There cannot be two leaders for so long: the lease has one holder, and who does not reach the database stops
    to lead. So the node is scraped under a second name, and that one claims to lead too."""
    with _copy_of_page(run.target) as copy:
        run.monitoring.set_targets([run.target, copy])
        yield
        run.monitoring.set_targets([run.target])


@raises("PrismClusterLeaderChangesOften")
def leaders_drained(run):
    pair = Pair(run)
    with repeated(pair.hand_over, 0.1):
        yield


@raises("PrismClusterViewsDiffer")
def member_without_database(run):
    """It is dead for the other one, which takes its shards, and does not know of that."""
    pair = Pair(run)
    pair.proxy.order("black-hole")
    yield
    pair.proxy.order("pass")


@raises("PrismClusterLinksDown")
def links_closed(run):
    pair = Pair(run)
    pair.close_links()
    yield
    pair.open_links()


@raises("PrismClusterLinksFlap")
def links_cut(run):
    pair = Pair(run)
    with repeated(pair.cut_links, 0.5):
        yield


@raises("PrismClusterShardsWithoutNode")
def member_killed(run):
    """Its shards are on no node that lives, until the leader places them anew."""
    pair = Pair(run, ttl_ms=10000)
    pair.second.kill()
    yield
    pair.restart_second(ttl_ms=10000)


@raises("PrismClusterMessagesDropped")
def member_newer(run):
    port = free_port()
    listen = f"127.0.0.1:{port}"
    with run.other_node(f"--cluster-listen={listen}", f"--cluster-address={listen}", "--cluster-ttl-ms=3000"):
        run.wait_until_ready()
        newer = NewerNode(run.database.conninfo, port, run.tls)
        with repeated(newer.speak, 0.05):
            yield
        newer.leave()


@raises("PrismClusterTtlDiffers")
def member_with_other_ttl(run):
    pair = Pair(run, second_ttl_ms=6000)
    yield
    pair.restart_second()


@contextlib.contextmanager
def _copy_of_page(target):
    """A target whose page is that of another one."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with urllib.request.urlopen(f"http://{target}/metrics", timeout=5) as page:
                body = page.read()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
