"""A Prometheus and an Alertmanager for one run, and whoever the alerts are sent to."""

import http.server
import json
import os
import signal
import threading
import time
import urllib.parse
import urllib.request

from free_port import free_port
from process import Process, wait_until


class Receiver:
    """The webhook: remembers what Alertmanager sends."""

    def __init__(self):
        self._news = []  # (time of arrival, alert)
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver._lock:
                    receiver._news += [(time.monotonic(), alert) for alert in body["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def find(self, name, status, since):
        """The first such message after a moment, with its moment; None without one."""
        with self._lock:
            for moment, alert in self._news:
                if moment >= since and alert["status"] == status and alert["labels"]["alertname"] == name:
                    return moment, alert
        return None

    def close(self):
        self._server.shutdown()


class Monitoring:
    def __init__(self, directory, rules, factor, target):
        self.receiver = Receiver()
        self._directory = directory
        self._config = f"{directory}/prometheus.yml"
        self._target = target
        self._interval = f"{int(15000 / factor)}ms"
        self._manager_port, self._port = free_port(), free_port()
        with open(f"{directory}/scaled.rules.yml", "w") as file:
            file.write(rules)
        with open(f"{directory}/alertmanager.yml", "w") as file:
            json.dump({
                "route": {"receiver": "us", "group_by": ["..."], "group_wait": "50ms",
                          "group_interval": "250ms", "repeat_interval": "1h"},
                "receivers": [{"name": "us", "webhook_configs": [
                    {"url": f"http://127.0.0.1:{self.receiver.port}/", "send_resolved": True}]}],
            }, file)  # fmt: skip
        self._write_config([target])
        self._manager = Process("Alertmanager", [
            "prometheus-alertmanager", f"--config.file={directory}/alertmanager.yml",
            f"--storage.path={directory}/alertmanager", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{self._manager_port}",
        ], f"{directory}/alertmanager.log")  # fmt: skip
        self._prometheus = Process("Prometheus", [
            "prometheus", f"--config.file={self._config}", f"--storage.tsdb.path={directory}/tsdb",
            f"--web.listen-address=127.0.0.1:{self._port}", "--query.lookback-delta=5s",
            "--rules.alert.resend-delay=500ms",
        ], f"{directory}/prometheus.log")  # fmt: skip

    def start(self):
        self._manager.start()
        self._prometheus.start()
        wait_until(lambda: self._is_ready(self._port) and self._is_ready(self._manager_port),
                   "Prometheus and Alertmanager to be ready")

    def stop(self):
        for each in (self._prometheus, self._manager):
            if each.runs():
                each.end(signal.SIGTERM)
        self.receiver.close()

    def set_targets(self, targets):
        self._write_config(targets)
        os.kill(self._prometheus.pid, signal.SIGHUP)

    def ask(self, expression):
        """The samples of a query. Error: RuntimeError with Prometheus' words."""
        return self._get("query?" + urllib.parse.urlencode({"query": expression}))["result"]

    def value(self, expression):
        """Of a query for one sample; None without one."""
        found = self.ask(expression)
        return float(found[0]["value"][1]) if found else None

    def fires(self, name):
        return any(each["labels"]["alertname"] == name for each in self._get("alerts")["alerts"])

    def _write_config(self, targets):
        with open(self._config, "w") as file:
            json.dump({
                "global": {"scrape_interval": self._interval, "scrape_timeout": self._interval,
                           "evaluation_interval": self._interval},
                "rule_files": [f"{self._directory}/scaled.rules.yml"],
                "alerting": {"alertmanagers": [
                    {"static_configs": [{"targets": [f"127.0.0.1:{self._manager_port}"]}]}]},
                "scrape_configs": [{"job_name": "prism", "static_configs": [{"targets": targets}]}],
            }, file)  # fmt: skip

    def _get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/{path}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"Prometheus: {path}: {error.read().decode()}") from error

    @staticmethod
    def _is_ready(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
