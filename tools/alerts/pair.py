"""The node with a second one beside it, in one cluster."""

import contextlib
import signal
import urllib.request

from free_port import free_port
from link_path import LinkPath
from process import Process, wait_until
from psql import query

_TTL_MS = 3000


class Pair:
    """Two nodes that are linked and share the shards; Prometheus scrapes both. They end when the alert is gone."""

    def __init__(self, run, ttl_ms=_TTL_MS, second_ttl_ms=None):
        self._run = run
        self._stack = contextlib.ExitStack()
        run.afterwards(self._stack.close)
        self._paths = []
        self._stack.enter_context(run.other_node(*self._link(), f"--cluster-ttl-ms={ttl_ms}"))
        run.wait_until_ready()
        self._target = f"127.0.0.1:{free_port()}"
        # To the second one's database.
        self.proxy = run.new_proxy()
        self._stack.callback(self.proxy.close)
        self.second = Process("the second prismd", [
            *run.node_at(self.proxy), "--node-name=second", f"--data-dir={run.logs}/second", "--tunnel-listen=",
            "--dataplane-listen=", f"--metrics-listen={self._target}", *self._link(),
        ], f"{run.logs}/second.log")  # fmt: skip
        self.second.start(f"--cluster-ttl-ms={second_ttl_ms or ttl_ms}")
        self._stack.callback(self._end_second)
        run.monitoring.set_targets([run.target, self._target])
        self._stack.callback(run.monitoring.set_targets, [run.target])
        wait_until(self._is_whole, "two nodes that are linked and share the shards")
        if not second_ttl_ms:  # or the fault is there already
            self._wait_for_silence()
            run.planted_now()

    def restart_second(self, ttl_ms=_TTL_MS):
        if self.second.runs():
            self.second.end(signal.SIGTERM)
        self.second.start(f"--cluster-ttl-ms={ttl_ms}")

    # -- links

    def close_links(self):
        for each in self._paths:
            each.close()

    def open_links(self):
        for each in self._paths:
            each.open()

    def cut_links(self):
        for each in self._paths:
            each.cut()

    # -- the lead

    def hand_over(self):
        """An operator drains the node that leads, until the other one does."""
        leader = self._leader()
        self._run.operate("cluster", "drain", leader)
        try:
            wait_until(lambda: self._leader() not in (None, leader), "another leader", 20)
        finally:
            self._run.operate("cluster", "undrain", leader)

    def _leader(self):
        rows = query(self._run.database.conninfo,
                     "SELECT m.name FROM leases l JOIN cluster_members m ON m.node::text = l.holder "
                     "WHERE m.dead_at IS NULL AND l.expires_at > clock_timestamp()")  # fmt: skip
        return rows[0][0] if rows else None

    # --

    def _link(self):
        port = free_port()
        path = LinkPath(port)
        self._paths.append(path)
        self._stack.callback(path.end)
        return f"--cluster-listen=127.0.0.1:{port}", f"--cluster-address=127.0.0.1:{path.port}"

    def _is_whole(self):
        def of(target, name):
            with urllib.request.urlopen(f"http://{target}/metrics", timeout=5) as page:
                lines = page.read().decode().splitlines()
            return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)

        with contextlib.suppress(OSError):
            return all(of(target, "prism_cluster_links_open") == 1 and of(target, "prism_cluster_shards") > 0
                       for target in (self._run.target, self._target))  # fmt: skip
        return False

    def _wait_for_silence(self):
        """What raised an alert while the second one joined is over, so that the fault raises it anew."""
        wait_until(lambda: not self._run.monitoring.ask('ALERTS{alertname=~"PrismCluster.*"}'), "no alert of the cluster")

    def _end_second(self):
        if self.second.runs():
            with contextlib.suppress(RuntimeError):
                self.second.end(signal.SIGTERM, 30)
        if self.second.runs():
            self.second.kill()
