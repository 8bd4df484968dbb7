#!/usr/bin/env python3
"""Runs a program as process 1 of a process namespace of its own, and ends as it does, by the same signal
too, which `unshare --fork` of Debian 12 does not.

usage: launch.py COMMAND...
"""

import ctypes
import os
import resource
import signal
import sys

_CLONE_NEWPID = 0x20000000
_PR_SET_PDEATHSIG = 1


def main(command):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWPID) != 0:
        print(f"launch.py: unshare: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return 1
    child = os.fork()
    if child == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.execv(command[0], command)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
