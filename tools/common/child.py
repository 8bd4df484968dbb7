"""Child processes that do not outlive us."""

import ctypes
import signal
import subprocess

_PR_SET_PDEATHSIG = 1


def start(command, log):
    """Starts a program whose output goes to a file, and which is killed when we die."""

    def follow_parent():
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=follow_parent
    )
