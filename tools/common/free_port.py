#!/usr/bin/env python3
"""Prints a free TCP port of 127.0.0.1: the wanted one if it is free, else any that no client is given.

usage: free_port.py WANTED   (0: any)
"""

import random
import socket
import sys

# Below the kernel's ephemeral range, from which a client could be given the port before the server listens.
_LEAST, _GREATEST = 12_000, 32_000


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(wanted=0):
    """Error: RuntimeError, none is free."""
    if wanted and is_free(wanted):
        return wanted
    for _ in range(100):
        port = random.randint(_LEAST, _GREATEST)
        if is_free(port):
            return port
    raise RuntimeError("no TCP port of 127.0.0.1 is free")


if __name__ == "__main__":
    print(free_port(int(sys.argv[1])))
