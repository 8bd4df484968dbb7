#!/usr/bin/env python3
"""A wire that delays and loses packets: two TAP devices and this process between them.

usage: wire.py NEAR FAR DELAY_MS JITTER_MS LOSS_PERCENT

What `tc netem` does, which not every kernel has (those of small virtual machines often not). Prints a
line when the devices are there; answers every line of the standard input with `delayed=N lost=M`; ends
with the standard input. A packet is delayed by DELAY_MS plus or minus up to JITTER_MS, so packets
overtake each other.
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import sys
import time

_TUNSETIFF = 0x400454CA
_IFF_TAP_NO_PI = 0x1002
_FRAME_BYTES = 65536


class Wire:
    """The process, from outside."""

    def __init__(self, name, delay_ms, jitter_ms, loss_percent, log):
        self.near, self.far = f"n-{name}", f"f-{name}"
        words = [self.near, self.far, str(delay_ms), str(jitter_ms), str(loss_percent)]
        self._process = subprocess.Popen(
            [sys.executable, __file__, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )  # fmt: skip
        self._answer()

    def counts(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return {name: int(number) for name, number in (pair.split("=") for pair in self._answer().split())}

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the wire that delays packets has ended")
        return line.strip()


def _tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP_NO_PI))
    return device


def _write(device, frame):
    try:
        os.write(device, frame)
    except OSError:
        pass  # not up yet, or full: lost, as on any wire


def main(near, far, delay_ms, jitter_ms, loss_percent):
    delay, jitter, loss = float(delay_ms) / 1000, float(jitter_ms) / 1000, float(loss_percent) / 100
    devices = [_tap(near), _tap(far)]
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    waiting = []  # (due, number, device, frame)
    delayed = lost = 0
    ready = selectors.DefaultSelector()
    for each in (*devices, sys.stdin.fileno()):
        ready.register(each, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in ready.select(pause):
            if key.fd == sys.stdin.fileno():
                if not os.read(key.fd, 4096):
                    return
                print(f"delayed={delayed} lost={lost}", flush=True)
                continue
            frame = os.read(key.fd, _FRAME_BYTES)
            if random.random() < loss:
                lost += 1
                continue
            delayed += 1
            due = time.monotonic() + delay + random.uniform(-jitter, jitter)
            heapq.heappush(waiting, (due, delayed, other[key.fd], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, frame = heapq.heappop(waiting)
            _write(device, frame)


if __name__ == "__main__":
    main(*sys.argv[1:])
