"""The disk on which the tables are: a small one, mounted for the run."""

import errno
import os

_CHUNK = bytes(1 << 20)


class Disk:
    def __init__(self, directory):
        self._ballast = os.path.join(directory, "ballast")

    def fill(self):
        """Leaves no page to any table. Error: OSError, other than that the disk is full."""
        with open(self._ballast, "ab", buffering=0) as file:
            chunk = _CHUNK
            while chunk:
                try:
                    file.write(chunk)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    chunk = chunk[: len(chunk) // 2]

    def free(self):
        if os.path.exists(self._ballast):
            os.remove(self._ballast)
