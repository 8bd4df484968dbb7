"""The way of TCP connections to a port of this machine, and what goes wrong on it."""

import contextlib
import socket
import threading


class LinkPath:
    """Who connects to `port` reaches another port, as long as it is not closed."""

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._sockets = set()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Connections are cut, and so are new ones."""
        with self._lock:
            self._closed = True
        self.cut()

    def open(self):
        with self._lock:
            self._closed = False

    def cut(self):
        """Those that there are now."""
        with self._lock:
            for each in self._sockets:
                _shut(each)

    def end(self):
        self.close()
        _shut(self._listener)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                    far.settimeout(None)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._sockets |= {near, far}
                    if self._closed:
                        _shut(near)
                        _shut(far)
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        other_way = threading.Thread(target=_copy, args=(far, near), daemon=True)
        other_way.start()
        _copy(near, far)
        other_way.join()
        with self._lock:
            self._sockets -= {near, far}
        near.close()
        far.close()


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _shut(source)
    _shut(target)


def _shut(which):
    with contextlib.suppress(OSError):
        which.shutdown(socket.SHUT_RDWR)
