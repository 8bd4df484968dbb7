#!/usr/bin/env python3
"""Lets tools/cluster/link_client.py speak to the links of a node.

usage: foreign_client.py LINK_NODE LINK_CLIENT"""

import subprocess
import sys
import tempfile


def main():
    with tempfile.TemporaryDirectory() as directory:
        with subprocess.Popen([sys.argv[1], directory + "/ca"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as node:
            port, ca, certificate, key = node.stdout.readline().split()
            code = subprocess.run([sys.executable, sys.argv[2], "--port", port, "--ca", ca, "--certificate",
                                   certificate, "--key", key, "--cluster", "lab", "--from", "a", "--to", "b",
                                   "--silence", "2"], check=False).returncode
            node.stdin.close()
            return code or node.wait()


if __name__ == "__main__":
    sys.exit(main())
