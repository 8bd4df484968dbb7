"""Calls of the data plane: as much of gRPC over HTTP/2 as one call on a connection of its own needs."""

import socket
import struct

DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
ACK = END_STREAM = 1
END_HEADERS = 4


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _text(value):
    return bytes([len(value)]) + value


def _headers(method):
    path = f"/bsky.Service/{method}".encode()
    # POST, http, and with names of the static table: path, authority, content-type; then te by its name.
    return (b"\x83\x86\x44" + _text(path) + b"\x41" + _text(b"x") + b"\x5f" + _text(b"application/grpc+proto")
            + b"\x40" + _text(b"te") + _text(b"trailers"))  # fmt: skip


def text_field(number, value):
    """A field of a protobuf message."""
    return bytes([number << 3 | 2]) + _text(value.encode())


def number_field(number, value):
    """The same of a number below 128."""
    return bytes([number << 3, value])


def call(port, method, message=b"", patience=10):
    """Asks, and waits for whatever is answered. Error: OSError if nothing is."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as peer:
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(SETTINGS, 0, 0)
                     + _frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 24))
                     + _frame(HEADERS, END_HEADERS, 1, _headers(method))
                     + _frame(DATA, END_STREAM, 1, b"\0" + struct.pack(">I", len(message)) + message))  # fmt: skip
        stream = peer.makefile("rb")
        while True:
            head = stream.read(9)
            if len(head) < 9:
                raise OSError("the data plane ended the connection")
            kind, flags = head[3], head[4]
            payload = stream.read(int.from_bytes(head[:3], "big"))
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                return
            if kind in (SETTINGS, PING) and not flags & ACK:
                peer.sendall(_frame(kind, ACK, 0, b"" if kind == SETTINGS else payload))
