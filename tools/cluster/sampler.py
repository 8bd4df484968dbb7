"""Looks at the nodes' processes every second."""

import threading

from sampling import resources

_EVERY_SECONDS = 1.0
# From this much on something grows: the second half of a process' life in one role against the first.
# A database session is a thread and a descriptor; a node opens them as it needs them, about one a shard.
_MORE_MB, _MORE_THREADS, _MORE_DESCRIPTORS = 64, 24, 32
_LONG_ENOUGH = 120  # looks; a younger process still fills its caches


class Sampler:
    def __init__(self, cluster):
        self._cluster = cluster
        self._looks = {}  # by (name, process, whether it leads): a list of (MB, threads, descriptors)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()

    def lines(self):
        """A line per node, for people."""
        for name in sorted({name for name, _, _ in self._looks}):
            looks = [look for (of, _, _), all_ in self._looks.items() if of == name for look in all_]
            processes = len({pid for of, pid, _ in self._looks if of == name})
            mb, threads, descriptors = zip(*looks)
            yield (
                f"{name}: {processes} processes, {min(mb):.0f} to {max(mb):.0f} MB, "
                f"{min(threads)} to {max(threads)} threads, {min(descriptors)} to {max(descriptors)} descriptors"
            )

    def grown(self):
        """Sentences about processes that grow."""
        for (name, pid, leads), looks in self._looks.items():
            if len(looks) < _LONG_ENOUGH:
                continue
            # The start is no measure.
            looks = looks[len(looks) // 4 :]
            early, late = looks[: len(looks) // 2], looks[len(looks) // 2 :]
            for what, index, more in (("MB", 0, _MORE_MB), ("threads", 1, _MORE_THREADS),
                                      ("descriptors", 2, _MORE_DESCRIPTORS)):  # fmt: skip
                before, after = (max(look[index] for look in part) for part in (early, late))
                if after > before + more:
                    role = "leader" if leads else "follower"
                    yield f"{name} (process {pid}, as {role}) grows: {before:.0f} {what}, later {after:.0f}"

    def _run(self):
        while not self._ended.wait(_EVERY_SECONDS):
            leader = state.leader() if (state := self._cluster.table.latest) else None
            for node in list(self._cluster.nodes.values()):
                if not node.is_there:
                    continue
                try:
                    look = resources(node.pid)
                except (OSError, KeyError):
                    continue  # it has just ended
                self._looks.setdefault((node.name, node.pid, node.name == leader), []).append(look)
