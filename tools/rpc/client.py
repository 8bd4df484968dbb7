"""A client of a data plane that tries again as the official AppView does."""

import random
import re
import threading

import grpc

_TRIES = 3
_TIMEOUT_SECONDS = 60
# How gRPC names a connection that nobody accepts; any other loss is one of a connection in use.
_REFUSED = re.compile("failed to connect|connection attempt|Connection refused", re.IGNORECASE)


class Client:
    """hosts: HOST:PORT. For several threads.

    A host is drawn for each call. UNAVAILABLE and ABORTED are tried again without the host that said so, three times
    in all. A call that ends with its connection is not (the AppView's caller gets an error and asks again): here it
    starts afresh, and is counted."""

    def __init__(self, hosts):
        options = [
            ("grpc.enable_retries", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 300),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", -1),
        ]
        self._channels = {host: grpc.insecure_channel(host, options) for host in hosts}
        self._lock = threading.Lock()
        self.answers = dict.fromkeys(hosts, 0)
        self.retried = self.died = 0

    def call(self, method, request):
        """@returns status, its text and the response."""
        for _ in range(100):
            status, text, response, died = self._try(method, request)
            if not died:
                return status, text, response
            with self._lock:
                self.died += 1
        return status, text, response

    def _try(self, method, request):
        left = list(self._channels)
        for tries in range(1, _TRIES + 1):
            host = random.choice(left)
            status, text, response, lost = self._send(host, method, request)
            died = lost and not _REFUSED.search(text)
            if died or status not in ("UNAVAILABLE", "ABORTED") or tries == _TRIES:
                return status, text, response, died
            with self._lock:
                self.retried += 1
            if len(left) > 1:
                left.remove(host)
        raise AssertionError

    def _send(self, host, method, request):
        call = self._channels[host].unary_unary(f"/bsky.Service/{method}")
        try:
            response = call(request, timeout=_TIMEOUT_SECONDS)
            status, text, lost = "OK", "", False
        except grpc.RpcError as error:
            status, text, response = error.code().name, error.details() or "", b""
            # What the server itself says comes with headers or trailers of the server.
            lost = status == "UNAVAILABLE" and not error.trailing_metadata() and not error.initial_metadata()
        with self._lock:
            self.answers[host] += not lost
        return status, text, response, lost

    def wait_for(self, host):
        """Until it is connected again."""
        grpc.channel_ready_future(self._channels[host]).result(_TIMEOUT_SECONDS)

    def close(self):
        for channel in self._channels.values():
            channel.close()


def status_name(number):
    return next((each.name for each in grpc.StatusCode if each.value[0] == number), str(number))
