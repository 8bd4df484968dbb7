#!/usr/bin/env python3
"""Lets Google's gRPC (python3-grpcio) speak to a grpc_server: the plain case, many calls at once, a
large answer and a large request, errors, giving up, deadlines, and the server's end.

usage: foreign_client.py GRPC_NODE"""

import subprocess
import sys
import time

import grpc

PATIENCE = 60


class Node:
    """The server, and what it says on its standard output."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port, self.max_message_bytes = map(int, self.process.stdout.readline().split())

    def say(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.say(line)
        return self.process.stdout.readline().strip()

    def wait_for(self, line, wanted):
        end = time.monotonic() + PATIENCE
        while (got := self.ask(line)) != wanted:
            if time.monotonic() > end:
                raise AssertionError(f"{line}: {got}, not {wanted}")
            time.sleep(0.005)


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {str(got)[:200]}, not {str(wanted)[:200]}")


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError("the call did not fail")


def talk(node):
    # No lookup of proxies or names, which a machine may answer in its own way.
    channel = grpc.insecure_channel(f"127.0.0.1:{node.port}", options=[
        ("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", 2 * node.max_message_bytes)])
    method = channel.unary_unary  # without serializers: messages are bytes
    echo, size, fail, hold = (method(f"/t/{name}") for name in ("Echo", "Size", "Fail", "Hold"))

    same(echo(b"hello", timeout=PATIENCE), b"hello", "echo")
    same(echo(b"", timeout=PATIENCE), b"", "an empty message")
    calls = [echo.future(str(i).encode(), timeout=PATIENCE) for i in range(20)]
    same([int(call.result()) for call in calls], list(range(20)), "20 calls at once")
    most = node.max_message_bytes
    same(len(size(str(most).encode(), timeout=PATIENCE)), most, "a large answer")
    large = bytes(range(256)) * (most // 256)
    same(echo(large, timeout=PATIENCE), large, "the largest request")
    same(failure(lambda: echo(large + b"!", timeout=PATIENCE)),
         (grpc.StatusCode.RESOURCE_EXHAUSTED, "the message is too large"), "a larger request")

    text = "100 % of \u00e4\n"
    same(failure(lambda: fail(text.encode(), timeout=PATIENCE)), (grpc.StatusCode.INVALID_ARGUMENT, text), "an error")
    same(failure(lambda: method("/t/Nothing")(b"", timeout=PATIENCE)),
         (grpc.StatusCode.UNIMPLEMENTED, "no such method"), "an unknown method")
    same(failure(lambda: method("/t/Echo")(b"x" * 100, timeout=PATIENCE, compression=grpc.Compression.Gzip)),
         (grpc.StatusCode.UNIMPLEMENTED, "compression is not supported"), "a compressed request")

    given_up = hold.future(b"", timeout=PATIENCE)
    node.wait_for("held", "1")
    given_up.cancel()
    node.wait_for("held", "0")
    node.wait_for("cancelled", "1")
    same(failure(lambda: hold(b"", timeout=2))[0], grpc.StatusCode.DEADLINE_EXCEEDED, "a deadline")
    node.wait_for("held", "0")
    node.wait_for("cancelled", "2")

    # A call that is open when the server is told to end is finished.
    last = hold.future(b"last", timeout=PATIENCE)
    node.wait_for("held", "1")
    node.say("drain 0")
    same(node.process.stdout.readline().strip(), "not drained", "an open call holds the end up")
    node.say("release")
    same(last.result(), b"last", "the open call")
    same(node.ask(f"drain {PATIENCE * 1000}"), "drained", "the end")
    same(failure(lambda: echo(b"", timeout=PATIENCE))[0], grpc.StatusCode.UNAVAILABLE, "a call after the end")
    channel.close()


def main():
    node = Node(sys.argv[1])
    with node.process:
        try:
            talk(node)
        finally:
            node.process.stdin.close()
        return node.process.wait()


if __name__ == "__main__":
    sys.exit(main())
