"""A client of a node's tunnel that shares nothing with prismd's: from docs/INSPECTION.md and net/tunnel/hello.hpp alone."""

import socket
import ssl
import struct

MAGIC = b"PRISMtun"
HEAD = 10
MAX_BODY = 1014
PATIENCE = 20


def text(words):
    raw = words.encode()
    return bytes([len(raw)]) + raw


def message(body, size=None):
    return MAGIC + struct.pack(">H", len(body) if size is None else size) + body


def hello(low=1, high=1, cluster="prism", sender="foreign 1", more=b""):
    return message(struct.pack(">HH", low, high) + text(cluster) + text(sender) + more)


def caf_header(operation, payload, data=0, source=0, target=0):
    """Of CAF's own protocol, which begins behind the hellos."""
    return struct.pack(">BxxBIQQQ", operation, 0, payload, data, source, target)


CAF_HEADER = 32


def caf_content(types, values):
    """A message for the actor 8, the inspector, of these types."""
    payload = b"\0\0\0" + text(f"@<>+{types}") + values
    return caf_header(2, len(payload), target=8) + payload


def receive(connection, size):
    out = b""
    while len(out) < size:
        part = connection.recv(size - len(out))
        if not part:
            raise EOFError
        out += part
    return out


class Fields:
    def __init__(self, raw):
        self.raw = raw

    def take(self, size):
        out, self.raw = self.raw[:size], self.raw[size:]
        assert len(out) == size, "a field is cut short"
        return out

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def text(self, size=1):
        return self.take(self.number(size)).decode("ascii")


def read_answer(connection):
    """The node's hello, as a dictionary. Error: EOFError, or what the connection says."""
    head = receive(connection, HEAD)
    size = int.from_bytes(head[8:], "big")
    assert head[:8] == MAGIC and size <= MAX_BODY, f"no head of a hello: {head}"
    body = Fields(receive(connection, size))
    out = {"versions": (body.number(2), body.number(2))}
    if body.number(1) == 0:
        out["refusal"] = body.text(2)
        return out
    out["version"] = body.number(2)
    out |= {name: body.text() for name in ("cluster", "node", "id", "role", "token")}
    assert len(out["token"]) == 64 and int(out["token"], 16) >= 0, "no token"
    return out


class Door:
    """Where a node takes clients, and the certificates with which one may come."""

    def __init__(self, port, authority):
        self.port = port
        self.authority = authority

    def connect(self, source="127.0.0.1"):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE, source_address=(source, 0))

    def context(self, name, directory=None, newest=ssl.TLSVersion.TLSv1_3):
        out = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        out.load_verify_locations(f"{self.authority}/ca.crt")
        out.maximum_version = newest
        if name:
            own = f"{directory or self.authority}/{name}"
            out.load_cert_chain(f"{own}.crt", f"{own}.key")
        return out

    def enter(self, name, directory=None, source="127.0.0.1", **how):
        """Up to the hello. With TLS 1.3 the node's verdict on our certificate comes only when we read."""
        context = self.context(name, directory, **how)
        return context.wrap_socket(self.connect(source), server_hostname="127.0.0.1")

    def outcome(self, name, say, **how):
        """What becomes of a client that says this: a word, what the node says, and the connection of one who is in."""
        try:
            connection = self.enter(name, **how)
            say(connection) if callable(say) else connection.sendall(say)
            answer = read_answer(connection)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return "closed", "", None
        except ssl.SSLError as problem:
            return "alert", problem.reason or str(problem), None
        except (EOFError, ConnectionError):
            return "closed", "", None
        except TimeoutError:
            return "hangs", "", None
        if "refusal" in answer:
            return "refused", answer["refusal"], None
        return "in", answer, connection


def send_until_cut(connection, *parts):
    """Whether all could be sent; the node may end the connection before the last byte."""
    try:
        for each in parts:
            connection.sendall(each)
    except TimeoutError:
        raise
    except OSError:
        return False
    return True


def is_cut(connection, *parts):
    return not send_until_cut(connection, *parts) or ends(connection)


def ends(connection, within=PATIENCE):
    """Whether the node ends the connection by itself; what it still sends is read."""
    connection.settimeout(within)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except (ssl.SSLError, OSError):
        pass
    return True
