"""Column values of Prism in the official AppView's spelling."""

import base64
import re
from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_POST_URI = re.compile(r"at://did:[^/]+/app\.bsky\.feed\.post/[^/]+")


def micros(column):
    """SQL for a timestamptz as exact microseconds since 1970."""
    return f"(extract(epoch from {column}) * 1000000)::bigint AS {column}"


def iso(value):
    """Microseconds since 1970 as JavaScript's toISOString writes them."""
    if value is None:
        return None
    moment = _EPOCH + timedelta(microseconds=value - value % 1000)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def same_instant_iso(text):
    """An RFC 3339 text, with any offset, as `iso` writes that moment."""
    if text is None:
        return None
    head, fraction, zone = re.fullmatch(
        r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", text
    ).groups()
    moment = datetime.fromisoformat(head + ("+00:00" if zone == "Z" else zone))
    digits = int(((fraction or ".") + "000000")[1:7])
    return iso(round((moment - _EPOCH).total_seconds()) * 1_000_000 + digits)


def cid_text(hex_bytes):
    """A stored CID (db/batch/rebuild.hpp, pack_cid) as text: binary, or the text's own characters."""
    if hex_bytes is None:
        return None
    data = bytes.fromhex(hex_bytes.removeprefix("\\x"))
    if data[:1] == b"\x01":
        return "b" + base64.b32encode(data).decode().lower().rstrip("=")
    return data.decode()


def is_post_uri(uri):
    """Whether operations on this uri wait for it: it names a post by its DID (db/batch/refs.hpp)."""
    return _POST_URI.fullmatch(uri) is not None


def uri_parts(uri):
    """(did, collection, rkey) of a record's uri."""
    _, _, did, collection, rkey = uri.split("/", 4)
    return did, collection, rkey
