"""The messages of bsky.Service, as plain values: read with the classes that protoc makes of our interface description."""

import importlib.util
import pathlib
import subprocess

from google.protobuf import descriptor as kinds

_PROTO = pathlib.Path(__file__).resolve().parents[2] / "dataplane" / "proto" / "bsky.proto"


class Interface:
    """directory: where the classes are written to."""

    def __init__(self, directory):
        subprocess.run(["protoc", f"-I{_PROTO.parent}", f"--python_out={directory}", _PROTO.name], check=True)
        spec = importlib.util.spec_from_file_location("bsky_pb2", pathlib.Path(directory) / "bsky_pb2.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._methods = {
            each.name: (getattr(module, each.input_type.name), getattr(module, each.output_type.name))
            for each in module.DESCRIPTOR.services_by_name["Service"].methods
        }

    def new_request(self, method, fields):
        """The bytes of a request with these fields."""
        return self._methods[method][0](**fields).SerializeToString()

    def request(self, method, data):
        return self._methods[method][0].FromString(data)

    def response(self, method, data):
        """Error: google.protobuf.message.DecodeError."""
        return self._methods[method][1].FromString(data)


def plain(message):
    """A message as a dict: all fields are in it; one that can be absent and is has the value None."""
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def _field(message, field):
    value = getattr(message, field.name)
    is_message = field.type == kinds.FieldDescriptor.TYPE_MESSAGE
    if field.label == kinds.FieldDescriptor.LABEL_REPEATED:
        if is_message and field.message_type.GetOptions().map_entry:
            of = field.message_type.fields_by_name["value"]
            return {key: _value(value[key], of.type == of.TYPE_MESSAGE) for key in value}
        return [_value(each, is_message) for each in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return _value(value, is_message)


def _value(value, is_message):
    if not is_message:
        return value
    if value.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        return f"{value.seconds}.{value.nanos:09}"
    return plain(value)


def first_difference(recorded, got, path="answer"):
    """Where two plain values differ, in words; None if they do not."""
    if isinstance(recorded, dict) and isinstance(got, dict):
        for key in {**recorded, **got}:
            here = f"{path}.{key}"
            if key not in recorded or key not in got:
                return f"{here}: recorded {show(recorded.get(key))}, got {show(got.get(key))}"
            if found := first_difference(recorded[key], got[key], here):
                return found
        return None
    if isinstance(recorded, list) and isinstance(got, list):
        for i, (a, b) in enumerate(zip(recorded, got)):
            if found := first_difference(a, b, f"{path}[{i}]"):
                return found
        if len(recorded) == len(got):
            return None
        more = recorded[len(got)] if len(recorded) > len(got) else got[len(recorded)]
        return f"{path}: recorded {len(recorded)} entries, got {len(got)}; the next is {show(more)}"
    # In Python, True is 1.
    if recorded == got and isinstance(recorded, bool) == isinstance(got, bool):
        return None
    return f"{path}: recorded {show(recorded)}, got {show(got)}"


def show(value):
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 300 else text[:300] + "…"
