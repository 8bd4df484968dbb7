#!/usr/bin/env python3
"""A relay whose numbers, times or accounts are odd: it sends #identity events.

usage: odd_relay.py PORT back|stray|future|crowd

back: the numbers 1, 2, 3 ..., whatever the client has. stray: they go on behind the client's cursor, and
each twentieth is far ahead. future: they go on, and their time is in an hour. crowd: each is of another
account. Ten a second; a hundred of the last two."""

import base64
import datetime
import hashlib
import http.server
import struct
import sys
import time
import urllib.parse

_DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
_MODES = ("back", "stray", "future", "crowd")


def _did_of(number):
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    return _DID[:-8] + "".join(digits[number >> shift & 31] for shift in range(35, -1, -5))


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    return bytes([major << 5 | 27]) + struct.pack(">Q", number)


def cbor(value):
    """DAG-CBOR of numbers, texts and maps of them."""
    if isinstance(value, int):
        return _shortest(0, value)
    if isinstance(value, str):
        text = value.encode()
        return _shortest(3, len(text)) + text
    keys = sorted(value, key=lambda key: (len(key), key))
    return _shortest(5, len(value)) + b"".join(cbor(key) + cbor(value[key]) for key in keys)


def _shortest(major, number):
    for size, form, code in ((1 << 8, ">B", 24), (1 << 16, ">H", 25), (1 << 32, ">I", 26)):
        if 24 <= number < size:
            return bytes([major << 5 | code]) + struct.pack(form, number)
    return _head(major, number)


def event(seq, ahead=datetime.timedelta(), did=_DID):
    time_of_it = datetime.datetime.now(datetime.timezone.utc) + ahead
    text = time_of_it.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return cbor({"op": 1, "t": "#identity"}) + cbor({"did": did, "seq": seq, "time": text})


def message(payload):
    """A binary message of WebSocket from a server."""
    size = len(payload)
    return bytes([0x82]) + (bytes([size]) if size < 126 else bytes([126]) + struct.pack(">H", size)) + payload


class Handler(http.server.BaseHTTPRequestHandler):
    mode = "back"

    def do_GET(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        seq = int(asked.get("cursor", ["0"])[0]) if self.mode != "back" else 0
        ahead = datetime.timedelta(hours=1 if self.mode == "future" else 0)
        number = 0
        try:
            while True:
                number += 1
                seq += 1
                odd = self.mode == "stray" and number % 20 == 0
                did = _did_of(number) if self.mode == "crowd" else _DID
                self.wfile.write(message(event(seq + 1_000_000_000 if odd else seq, ahead, did)))
                time.sleep(0.01 if self.mode in ("future", "crowd") else 0.1)
        except OSError:
            pass  # the client has gone

    def log_message(self, *_):
        pass


def main(arguments):
    Handler.mode = arguments[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(arguments[0])), Handler)
    server.daemon_threads = True
    print("listening on", arguments[0], flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in _MODES:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1:]))
