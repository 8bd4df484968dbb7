"""Recorded calls: NAME.rpc.zst, and what NAME.rpc.meta.json knows of them."""

import base64
import dataclasses
import json
import pathlib
import subprocess


@dataclasses.dataclass
class Call:
    method: str
    request: bytes
    status: int
    response: bytes


def read_calls(path):
    """A file that is compressed or not. Error: CalledProcessError, ValueError."""
    path = pathlib.Path(path)
    if path.suffix == ".zst":
        text = subprocess.run(["zstd", "-qdc", path], check=True, stdout=subprocess.PIPE).stdout
    else:
        text = path.read_bytes()
    for line in text.splitlines():
        call = json.loads(line)
        request, response = (base64.b64decode(call[name]) for name in ("request", "response"))
        yield Call(call["method"], request, call["status"], response)


def write_calls(path, calls):
    with open(path, "w") as out:
        for call in calls:
            fields = dataclasses.asdict(call)
            for name in ("request", "response"):
                fields[name] = base64.b64encode(fields[name]).decode()
            out.write(json.dumps(fields) + "\n")


def read_ties(path):
    meta = pathlib.Path(str(path).removesuffix(".zst") + ".meta.json")
    return json.loads(meta.read_bytes()).get("ties", {}) if meta.exists() else {}
