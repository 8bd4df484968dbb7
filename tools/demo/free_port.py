#!/usr/bin/env python3
"""Prints a free TCP port of 127.0.0.1: the wanted one if it is free, else any.

usage: free_port.py WANTED
"""

import socket
import sys


def _try(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return probe.getsockname()[1]


if __name__ == "__main__":
    try:
        print(_try(int(sys.argv[1])))
    except OSError:
        print(_try(0))
