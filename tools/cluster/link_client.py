#!/usr/bin/env python3
"""Speaks the protocol of links between nodes (docs/LINKS.md), written from that page alone.

usage: link_client.py --port PORT --ca FILE --certificate FILE --key FILE --cluster NAME --from UUID
                      --to UUID [--host HOST] [--silence SECONDS] [SCENARIO...]

Dials node UUID and plays peers that are wrong, slow or silent; without SCENARIO, all of them. --from
must be a peer that the node knows, with a smaller UUID than its own. Prints one line per scenario;
exit code 1 if the node did not do what the page says."""

import argparse
import io
import json
import socket
import ssl
import struct
import sys
import time

MAGIC = b"PRISMlnk"


def text(value):
    data = value.encode()[:200]
    return bytes([len(data)]) + data


def hello(versions, cluster, sender, wanted):
    body = struct.pack(">HH", *versions) + text(cluster) + text(sender) + text("foreign") + text(wanted)
    return MAGIC + struct.pack(">H", len(body)) + body


def message(head, payload=b""):
    head = json.dumps(head).encode()
    return struct.pack(">IH", 2 + len(head) + len(payload), len(head)) + head + payload


class Link:
    """One connection with the node."""

    def __init__(self, options):
        self.options = options
        context = ssl.create_default_context(cafile=options.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(options.certificate, options.key)
        self.socket = context.wrap_socket(socket.create_connection((options.host, options.port), 10),
                                          server_hostname=options.host)
        self.socket.settimeout(4 * options.silence + 10)

    def send(self, data, drip=False):
        for piece in [bytes([each]) for each in data] if drip else [data]:
            self.socket.sendall(piece)

    def receive(self, count):
        """That many bytes; None if the node has closed."""
        out = b""
        try:
            while len(out) < count:
                piece = self.socket.recv(count - len(out))
                if not piece:
                    return None
                out += piece
        except (ConnectionError, ssl.SSLError):
            return None
        return out

    def greet(self, drip=False, **changes):
        """Says hello and returns the answer, as a dict; None if there was none."""
        fields = {"versions": (1, 1), "cluster": self.options.cluster,
                  "sender": getattr(self.options, "from"), "wanted": self.options.to, **changes}
        self.send(hello(**fields), drip)
        head = self.receive(10)
        if head is None or head[:8] != MAGIC:
            return None
        body = io.BytesIO(self.receive(int.from_bytes(head[8:], "big")))

        def number(size):
            return int.from_bytes(body.read(size), "big")
        answer = {"versions": (number(2), number(2)), "open": number(1) == 1}
        if answer["open"]:
            answer["version"] = number(2)
        for name in ("cluster", "node", "name") if answer["open"] else ("reason", "why"):
            answer[name] = body.read(number(2 if name == "why" else 1)).decode()
        return answer

    def next(self):
        """The next message: head and payload; None at the end."""
        sizes = self.receive(6)
        if sizes is None:
            return None
        whole, head = struct.unpack(">IH", sizes)
        body = self.receive(whole - 2)
        return None if body is None else (json.loads(body[:head]), body[head:])

    def answers_ping(self, number, drip=False):
        """Sends a ping; whether its pong comes."""
        self.send(message({"kind": "ping", "number": number, "unknown field": [1]}), drip)
        while (got := self.next()) is not None:
            if got[0] == {"kind": "pong", "number": number}:
                return True
        return False

    def read_to_end(self):
        while self.next() is not None:
            pass


def opened(options, **how):
    link = Link(options)
    answer = link.greet(**how) or {"open": False}
    if not answer["open"] or (answer["node"], answer["cluster"]) != (options.to, options.cluster):
        raise ValueError(f"the link is not open: {answer}")
    return link


def refused(options, reason, words, **changes):
    answer = Link(options).greet(**changes)
    return answer is not None and not answer["open"] and answer["reason"] == reason and words in answer["why"]


def wrong_hello(options):
    return (refused(options, "refused", "version 7 to 9", versions=(7, 9)) and
            refused(options, "refused", "cluster 'elsewhere'", cluster="elsewhere") and
            refused(options, "unknown_peer", "does not know", sender="0-nobody") and
            refused(options, "unknown_peer", "wants node", wanted="0-nobody"))


def byte_by_byte(options):
    return opened(options, drip=True).answers_ping(1, drip=True)


def redundant(options):
    first, second = opened(options), opened(options)
    first.read_to_end()
    return second.answers_ping(2)


def silent(options):
    begin = time.monotonic()
    link = opened(options)
    pings = 0
    while (got := link.next()) is not None:
        pings += got[0]["kind"] == "ping"
    return pings > 0 and 0.9 * options.silence < time.monotonic() - begin < 2 * options.silence + 2


def alive(options):
    link = opened(options)
    end = time.monotonic() + 2 * options.silence
    while time.monotonic() < end:
        got = link.next()
        if got is None:
            return False
        if got[0]["kind"] == "ping":
            link.send(message({"kind": "pong", "number": got[0]["number"]}))
    return link.answers_ping(3)


def malformed(options):
    for bad in (b"\xff" * 500, message([]), message({"no": "kind"}), message({"kind": "ping"}),
                struct.pack(">IH", 2 ** 24, 2), struct.pack(">IH", 4, 300), b"GET / HTTP/1.1\r\n\r\n"):
        link = opened(options)
        link.send(bad)
        begin = time.monotonic()
        link.read_to_end()
        if time.monotonic() - begin > 0.9 * options.silence:
            return False
    stranger = Link(options)
    stranger.send(b"PRISMtun" + bytes(20))
    stranger.receive(2000)
    return opened(options).answers_ping(4)


SCENARIOS = (wrong_hello, byte_by_byte, redundant, silent, alive, malformed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("ca", "certificate", "key", "cluster", "from", "to"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--silence", type=float, default=3.0)
    parser.add_argument("scenario", nargs="*", help=", ".join(each.__name__ for each in SCENARIOS))
    options = parser.parse_args()
    failed = 0
    for play in [each for each in SCENARIOS if not options.scenario or each.__name__ in options.scenario]:
        try:
            good, why = play(options), ""
        except (OSError, ValueError) as problem:
            good, why = False, f": {problem}"
        failed += not good
        print(f"{play.__name__}: {'ok' if good else 'failed'}{why}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
