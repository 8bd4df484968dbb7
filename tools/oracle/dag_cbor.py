"""A reader of DAG-CBOR blocks that were verified when they came in: it trusts their form."""

import base64
import struct


def decode(block):
    """The value of a block; a CID link is {"$link": text}, bytes are {"$bytes": base64}."""
    value, end = _value(block, 0)
    if end != len(block):
        raise ValueError(f"{len(block) - end} bytes behind the value")
    return value


def blob_cid(blob):
    """The CID of a blob reference, in the present form or the one from before 2023; else None."""
    if not isinstance(blob, dict):
        return None
    if isinstance(blob.get("ref"), dict):
        return blob["ref"].get("$link")
    return blob.get("cid")


def _head(block, at):
    major, info = block[at] >> 5, block[at] & 31
    at += 1
    if info < 24:
        return major, info, info, at
    size = {24: 1, 25: 2, 26: 4, 27: 8}[info]
    return major, info, int.from_bytes(block[at : at + size], "big"), at + size


def _value(block, at):
    major, info, number, at = _head(block, at)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major == 2:
        data = block[at : at + number]
        return {"$bytes": base64.b64encode(data).decode().rstrip("=")}, at + number
    if major == 3:
        return block[at : at + number].decode(), at + number
    if major == 4:
        items = []
        for _ in range(number):
            item, at = _value(block, at)
            items.append(item)
        return items, at
    if major == 5:
        fields = {}
        for _ in range(number):
            key, at = _value(block, at)
            fields[key], at = _value(block, at)
        return fields, at
    if major == 6:
        _, _, size, at = _head(block, at)
        text = base64.b32encode(block[at + 1 : at + size]).decode().lower().rstrip("=")
        return {"$link": "b" + text}, at + size
    if info == 27:
        return struct.unpack(">d", number.to_bytes(8, "big"))[0], at
    return {20: False, 21: True, 22: None}[info], at
