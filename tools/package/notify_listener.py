#!/usr/bin/env python3
"""Stands in for systemd: receives what a service says by sd_notify(3).

usage: notify_listener.py SOCKET FILE

Makes the datagram socket SOCKET, for anybody, and appends each message to FILE: a line "PID NAME=VALUE"
for each of its lines. Runs until it is killed."""

import os
import socket
import struct
import sys

SIZE = 65536


def main():
    if len(sys.argv) != 3:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(64)
    path, out = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    listener.bind(path)
    os.chmod(path, 0o777)
    with open(out, "a", buffering=1, encoding="utf-8") as file:
        while True:
            data, ancillary, _, _ = listener.recvmsg(SIZE, socket.CMSG_SPACE(12))
            pid = struct.unpack("3i", ancillary[0][2])[0] if ancillary else 0
            for line in data.decode("utf-8", "replace").splitlines():
                file.write(f"{pid} {line}\n")


main()
