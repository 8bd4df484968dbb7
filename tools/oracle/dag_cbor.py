"""A reader of CBOR blocks that were verified when they came in: it trusts their form, but reads all
that is taken (docs/DECODING.md)."""

import base64
import struct


_FLOATS = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


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
        text = block[at : at + number].decode(errors="replace")
        return text.removeprefix("\ufeff"), at + number
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
        return {"$link": _link_text(block[at + 1 : at + size])}, at + size
    if info in _FLOATS:
        size, form = _FLOATS[info]
        value = struct.unpack(form, number.to_bytes(size, "big"))[0]
        return int(value) if value.is_integer() else value, at
    return {20: False, 21: True, 22: None, 23: None}[info], at


def _link_text(cid):
    """Of version 0 in base58, else in base32."""
    if cid[0] != 0x12:
        return "b" + base64.b32encode(cid).decode().lower().rstrip("=")
    number, text = int.from_bytes(cid, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return text
