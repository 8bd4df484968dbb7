"""What becomes of strangers at the tunnel, and of friends that say what they should not."""

import random
import re
import resource
import ssl
import struct
import threading
import time

from foreign_client import CAF_HEADER, caf_content, caf_header, ends, hello, is_cut, message, receive, send_until_cut
from node import expect, wait_for

MAY_OPEN = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
# Half-open connections at once; fewer where we may not open so many.
CROWD = 3000 if MAY_OPEN == resource.RLIM_INFINITY else min(3000, MAY_OPEN - 300)
HALF_HELLO = hello()[:20]
CUT = 'prism_tunnel_connection_events_total{event="bad_message"}'
noise = random.Random(1)


def dripped(pause):
    def say(connection):
        for each in hello():
            connection.sendall(bytes([each]))
            time.sleep(pause)

    return say


def half(connection):
    connection.sendall(HALF_HELLO)
    connection.unwrap()


# What, certificate, what is said, the outcome, words of the answer, the reason that is counted.
HELLOS = [
    ("a good hello", "vera", hello(), "in", "", None),
    ("a good one of an operator", "otto", hello(), "in", "", None),
    ("a range with our version", "vera", hello(0, 7), "in", "", None),
    ("fields of later versions", "vera", hello(more=b"later"), "in", "", None),
    ("byte by byte", "vera", dripped(0.005), "in", "", None),
    ("too old", "vera", hello(0, 0), "refused", "speaks version 0 of the tunnel, the node 1", "wrong_version"),
    ("too new", "vera", message(struct.pack(">HH", 2, 9) + b"\xff" * 9), "refused", "speaks version 2 to 9", "wrong_version"),
    ("another cluster", "vera", hello(cluster="elsewhere"), "refused", "belongs to 'prism'", "wrong_cluster"),
    ("garbage", "vera", b"GET / HTTP/1.1\r\n\r\n", "refused", "does not speak the protocol", "bad_hello"),
    ("a huge length", "vera", message(b"", 65535), "refused", "exceeds the limit", "bad_hello"),
    ("nothing in it", "vera", message(b""), "refused", "malformed", "bad_hello"),
    ("a range that is none", "vera", hello(3, 1), "refused", "malformed", "bad_hello"),
    ("a text beyond the end", "vera", message(b"\0\1\0\1\xffprism"), "refused", "malformed", "bad_hello"),
    ("a text of 201 bytes", "vera", hello(cluster="a" * 201), "refused", "malformed", "bad_hello"),
    ("half a hello", "vera", half, "closed", "", "disconnected"),
    ("no certificate", None, hello(), "alert", "CERTIFICATE_REQUIRED", "no_certificate"),
    ("a stranger's", "stranger", hello(), "alert", "UNKNOWN_CA", "unknown_ca"),
    ("an expired one", "late", hello(), "alert", "CERTIFICATE_EXPIRED", "expired"),
    ("one of the future", "early", hello(), "alert", "BAD_CERTIFICATE", "not_yet_valid"),
    ("a revoked one", "gone", hello(), "alert", "CERTIFICATE_REVOKED", "revoked"),
    ("silence after TLS", "vera", lambda _: None, "closed", "", "too_slow"),
    ("a hello that drips", "vera", dripped(0.5), "closed", "", "too_slow"),
]  # fmt: skip


def try_hello(node, source, what, name, say, wanted, words, _reason):
    where = {"directory": node.other if name == "stranger" else None, "source": source}
    word, answer, connection = node.door.outcome(name, say, **where)
    expect(word == wanted, f"{what}: {word} ({answer}) instead of {wanted}")
    if word != "in":
        expect(words in answer, f"{what}: '{words}' is not in '{answer}'")
        return
    role = "operator" if name == "otto" else "viewer"
    expect((answer["version"], answer["cluster"], answer["role"]) == (1, "prism", role), f"{what}: {answer}")
    header = receive(connection, CAF_HEADER)  # CAF greets first
    expect(header[0] == 0 and header[8:16] == struct.pack(">Q", 3), f"{what}: CAF says {header.hex()}")
    connection.close()


def hellos(node):
    before = counted(node)
    slow = []
    # One after another, since all of them at once may be too slow for a busy machine; but for those who are meant to be.
    for number, each in reversed(list(enumerate(HELLOS))):
        arguments = (node, f"127.0.3.{number + 1}", *each)
        if each[-1] == "too_slow":
            slow.append(threading.Thread(target=try_hello, args=arguments))
            slow[-1].start()
        else:
            try_hello(*arguments)
    for each in slow:
        each.join()
    with node.door.connect() as connection:
        expect(is_cut(connection, b"GET / HTTP/1.1\r\n\r\n"), "HTTP at the tunnel is not ended")
    word, answer, _ = node.door.outcome("vera", hello(), newest=ssl.TLSVersion.TLSv1_2)
    expect(word == "alert", f"TLS 1.2: {word} {answer}")
    reasons = [each[-1] for each in HELLOS if each[-1]] + ["not_tls", "not_tls"]
    wanted = {reason: reasons.count(reason) for reason in reasons}
    wait_for("all refusals are counted", lambda: all(counted(node)[each] - before[each] >= wanted[each] for each in wanted))
    wrong = {each: counted(node)[each] - before[each] for each in before if counted(node)[each] - before[each] != wanted.get(each, 0)}
    expect(not wrong, f"refusals counted: {wrong} instead of {wanted}")


def counted(node):
    return {name: float(value) for name, value in
            re.findall(r'prism_tunnel_refusals_total\{reason="(\w+)"\} (\S+)', node.get("/metrics"))}  # fmt: skip


def inside(node):
    """Those who are in may still say anything: what CAF must not see ends the tunnel."""
    before = node.metric(CUT)
    bad = [(f"4 GB with kind {kind}", caf_header(kind, 0xF0000000, target=1)) for kind in range(8)]
    bad += [
        ("a byte buffer of 4 GB", caf_content("@charbuf", b"\xff\xff\xff\xff\x0f")),
        ("messages in messages", caf_content("@message", caf_content("@message", b"")[CAF_HEADER + 1 :] * 9000)),
        ("an order to end", caf_content("@exit_msg", bytes(40))),
    ]
    for what, data in bad:
        word, answer, connection = node.door.outcome("vera", hello())
        expect(word == "in", f"after a good hello: {word} {answer}")
        expect(is_cut(connection, data), f"who sends {what} is not cut")
    wait_for("those are counted", lambda: node.metric(CUT) - before == len(bad))
    for _ in range(20):
        connection = node.door.outcome("vera", hello())[2]
        kind, size = noise.randrange(8), noise.choice((32, 64, 79, 900))
        header = caf_header(kind, size, noise.randrange(4), noise.randrange(3), noise.randrange(3))
        send_until_cut(connection, header, noise.randbytes(size))
        connection.close()
    # At most the prober's own is left.
    wait_for("their places are free", lambda: node.metric("prism_tunnel_open_connections") <= 1)
    # Places by name: the last one of 32 is refused until another has gone.
    held = [node.door.outcome("vera", hello())[2] for _ in range(32)]
    word, answer, _ = node.door.outcome("vera", hello())
    expect(word == "refused" and "32 clients with certificates of the name 'vera'" in answer, f"a 33rd: {word} {answer}")
    expect(node.status().returncode == 0, "others do not come in beside 32")
    for each in held:
        each.close()


def crowd(connect, count=CROWD):
    """So many connections at once."""
    held = []
    for _ in range(count):
        try:
            held.append(connect())
        except OSError as problem:
            expect(False, f"connection {len(held)}: {problem}")
            break
    return held


def flood(node):
    hello_of_tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

    def connect():
        out = node.door.connect(f"127.0.0.{noise.randrange(2, 10)}")
        out.sendall(noise.choice((b"", hello_of_tls, b"\x16\x03\x03\xff\xff", noise.randbytes(50))) or b"")
        return out

    held = crowd(connect)
    held += [node.door.enter("vera", source="127.0.0.2") for _ in range(100)]  # and no hello
    expect(node.metric("prism_tunnel_open_handshakes") <= 64, "more than 64 handshakes at once")
    for each in held:
        expect(ends(each), "a connection that says nothing is not ended")
        each.close()
