#!/usr/bin/env python3
"""Holds dataplane/proto/bsky.proto to tests/golden/dataplane_interface.json: the services, messages and
enumerations that the descriptors of the official AppView have.

usage: interface_test.py ROOT

Prints each difference. Exit code 1 if there is any."""

import json
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

FIELD = descriptor_pb2.FieldDescriptorProto


def describe(proto):
    """The interface of a .proto file in the form of the golden one."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", f"-I{proto.parent}", f"--descriptor_set_out={out.name}", proto.name], check=True
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes()).file
    (file,) = (each for each in files if each.package == "bsky")
    name = lambda text: text.removeprefix(".")
    messages = {f"bsky.{each.name}": [field(f, each) for f in each.field] for each in file.message_type}
    enums = {f"bsky.{each.name}": {v.name: v.number for v in each.value} for each in file.enum_type}
    services = {
        f"bsky.{each.name}": {m.name: [name(m.input_type), name(m.output_type)] for m in each.method}
        for each in file.service
    }
    return {"services": services, "enums": enums, "messages": messages}


def field(of, message):
    out = {"no": of.number, "name": of.name, "type": of.type_name.removeprefix(".")}
    if not out["type"]:
        out["type"] = FIELD.Type.Name(of.type).removeprefix("TYPE_").lower()
    if of.proto3_optional:
        out["optional"] = True
    elif of.label == FIELD.LABEL_REPEATED:
        out["repeated"] = True
    for entry in message.nested_type:
        if entry.options.map_entry and out["type"] == f"bsky.{message.name}.{entry.name}":
            key, value = (field(f, entry) for f in entry.field)
            out = {"no": of.number, "name": of.name, "type": value["type"], "map": key["type"]}
    return out


def differences(want, have, path=""):
    if want == have:
        return
    if isinstance(want, dict) and isinstance(have, dict):
        for key in sorted(want.keys() | have.keys()):
            yield from differences(want.get(key), have.get(key), f"{path}/{key}")
    else:
        yield f"{path}: the descriptors have {want}, the description {have}"


def main():
    root = pathlib.Path(sys.argv[1])
    golden = json.loads((root / "tests/golden/dataplane_interface.json").read_text())
    for messages in golden["messages"].values():
        messages.sort(key=lambda each: each["no"])
    have = describe(root / "dataplane/proto/bsky.proto")
    for messages in have["messages"].values():
        messages.sort(key=lambda each: each["no"])
    found = list(differences(golden, have))
    print("\n".join(found) or f"{len(have['messages'])} messages and {len(golden['services']['bsky.Service'])} methods are equal")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
