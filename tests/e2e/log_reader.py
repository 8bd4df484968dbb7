#!/usr/bin/env python3
"""Whoever reads prismd's standard error stops, is slow, or is not there: prismd indexes on, answers and ends.

usage: log_reader.py SAMPLE   (programs in $PRISM_BUILD_DIR)"""

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/common"))
from free_port import free_port  # noqa: E402

F_SETPIPE_SZ = 1031
PATIENCE = 120
tools = os.environ.pop("PRISM_BUILD_DIR") + "/tools"  # prismd refuses variables with its prefix
scratch = tempfile.mkdtemp()
os.chmod(scratch, 0o755)


def fail(text):
    sys.exit(f"log_reader: {text}")


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            fail(f"waited in vain until {what}")
        time.sleep(0.05)


def small_pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
    return reader, writer


def fill(writer):
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"x")
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, flags)


def node(name, relay, *options, **how):
    return subprocess.Popen([f"{tools}/prismd", f"--relay-url={relay}", f"--data-dir={scratch}/{name}",
                             "--start-cursor=oldest", "--identity-lookups=off", "--shards=2", *options],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **how)


def must_end(what, process, code=0):
    try:
        ended = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        fail(f"{what}: prismd does not end")
    if ended != code:
        fail(f"{what}: prismd ended with {ended}")
    print(f"{what}: ended with {code}", flush=True)


caught_up = ("--until-caught-up-ms=1500", "--metrics-listen=")


def stops_reading(relay):
    reader, writer = small_pipe()
    process = node("stops", relay, *caught_up, stderr=writer)
    seen = b""
    while b"connected to the relay" not in seen:
        part = os.read(reader, 100)
        seen += part
        if not part or process.poll() is not None:
            fail(f"prismd ended too soon: {seen.decode()}")
    fill(writer)
    must_end("a reader that stopped", process)


def full_from_the_start(relay):
    _, writer = small_pipe()
    fill(writer)
    port = free_port()
    process = node("full", relay, f"--metrics-listen=127.0.0.1:{port}", stderr=writer)

    def indexing():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return False
        durable = [line for line in text.splitlines() if line.startswith("prism_firehose_durable_seq ")]
        return bool(durable) and float(durable[0].split()[1]) > 200

    wait_for("prismd indexes with a full log", indexing)
    process.send_signal(signal.SIGTERM)
    must_end("a pipe that was full from the start, SIGTERM", process)


def one_byte_a_second(relay):
    reader, writer = small_pipe()
    process = node("slow", relay, *caught_up, stderr=writer)
    os.close(writer)

    def drip():
        while os.read(reader, 1):
            time.sleep(1)

    threading.Thread(target=drip, daemon=True).start()
    must_end("a reader of one byte a second", process)


def closed(relay):
    process = node("closed", relay, *caught_up, preexec_fn=lambda: os.close(2))
    stderr = f"/proc/{process.pid}/fd/2"
    wait_for("/dev/null stands in for it", lambda: os.path.lexists(stderr) and os.readlink(stderr) == "/dev/null")
    must_end("a closed standard error", process)


def wrong_argument():
    _, writer = small_pipe()
    fill(writer)
    must_end("a wrong argument and a full pipe", subprocess.Popen([f"{tools}/prismd", "--no-such=1"], stderr=writer), 64)


replay = subprocess.Popen([f"{tools}/prism-replay", "--base", sys.argv[1], "--rate", "1500", "--port-file", f"{scratch}/port"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    wait_for("the relay has its port", lambda: os.path.exists(f"{scratch}/port") and os.path.getsize(f"{scratch}/port"))
    url = "ws://127.0.0.1:" + open(f"{scratch}/port").read().strip()
    wrong_argument()
    stops_reading(url)
    full_from_the_start(url)
    one_byte_a_second(url)
    closed(url)
finally:
    replay.kill()
    replay.wait()
    shutil.rmtree(scratch, ignore_errors=True)
