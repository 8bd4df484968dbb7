"""What becomes of strangers at the port for metrics and health."""

import random
import re
import socket

from foreign_client import PATIENCE
from node import expect, wait_for
from tunnel import crowd

noise = random.Random(2)


def status_of(node, data, more=()):
    """The status of the answer; 0 without one."""
    with socket.create_connection(("127.0.0.1", node.http), timeout=PATIENCE) as connection:
        try:
            connection.sendall(data)
            for each in more:
                connection.sendall(each)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has been answered already
        try:
            found = re.match(rb"HTTP/1\.1 (\d{3}) ", connection.recv(64))
        except ConnectionError:
            return 0
        return int(found[1]) if found else 0


def requests(node):
    post = b"POST /readyz HTTP/1.1\r\nHost: x\r\n"
    megabyte = b"x" * 1_000_000
    chunk = b"f4240\r\n" + megabyte + b"\r\n"
    for what, wanted, data, more in (
        ("a body of 10 MB and a byte", 413, post + b"Content-Length: 10000001\r\n\r\n", [megabyte] * 10),
        ("one that says so and sends none", 413, post + b"Content-Length: 99999999999\r\n\r\n", []),
        ("one in pieces", 413, post + b"Transfer-Encoding: chunked\r\n\r\n", [chunk] * 11),
        ("a length of a hundred digits", 400, post + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n", []),
        ("a piece of 2^64", 400, post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", []),
        ("a body of 10 MB", 405, post + b"Content-Length: 10000000\r\n\r\n", [megabyte] * 10),
        ("headers of 9 kB", 431, b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", []),
        ("TLS", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 90, []),
        ("another page", 404, b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n", []),
        ("two lengths", 400, post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", []),
    ):
        got = status_of(node, data, more)
        expect(got == wanted, f"{what}: {got} instead of {wanted}")
    for _ in range(200):
        data = noise.choice((b"", b"GET ", b"GET /metrics HTTP/1.1\r\n")) + noise.randbytes(noise.randrange(1, 400))
        expect(status_of(node, data) in (0, 200, 400, 404, 405), f"noise is answered oddly: {data}")
    streams = [socket.create_connection(("127.0.0.1", node.http)) for _ in range(5)]
    for each in streams:
        each.sendall(b"GET /status/events HTTP/1.1\r\nHost: x\r\n\r\n")
    said = sorted(each.recv(13) for each in streams)
    expect(said == [b"HTTP/1.1 200 "] * 4 + [b"HTTP/1.1 503 "], f"five streams: {said}")
    wait_for("the streams are counted", lambda: node.metric("prism_http_open_streams") == 4)
    for each in streams:
        each.close()


def uploads(node):
    """Bodies that nobody wants are not kept, however many there are at once."""
    before = node.size()[0]
    almost_all = b"x" * 9_999_999

    def connect():
        out = socket.create_connection(("127.0.0.1", node.http), timeout=PATIENCE)
        out.sendall(b"POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + almost_all)
        return out

    held = crowd(connect, 20)
    grown = node.size()[0] - before
    expect(grown < 50, f"twenty bodies of 10 MB take {grown:.0f} MB")
    for each in held:
        each.close()


def flood(node):
    begun = (b"", b"GET /readyz HTTP/1.1\r\nX-", b"POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\nx", b"\n")

    # Not from the address of those who look: of one address the newest connections are served.
    def connect():
        source = (f"127.0.0.{noise.randrange(2, 10)}", 0)
        out = socket.create_connection(("127.0.0.1", node.http), timeout=PATIENCE, source_address=source)
        out.sendall(noise.choice(begun))
        return out

    held = crowd(connect)
    for each in held[-100:]:  # those that may still be there drip on
        try:
            each.sendall(b"a")
        except OSError:
            pass
    expect(node.metric("prism_http_open_connections") <= 128, "more than 64 served and 64 refused")
    for each in held:
        each.close()
