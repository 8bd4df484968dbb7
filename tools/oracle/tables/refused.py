"""Records that were refused: the same ones, at the same place, for the same reason."""

import re
from collections import Counter

from comparison import Comparison
from official import is_legacy_blob

# The reference's words (its package @atproto/lex) and our name of the rule (lexicon_violation.hpp).
_REASONS = (
    (r"Missing required key ", "missing_field"),
    (r"Expected an object which includes the \"\$type\" property ", "bad_type_field"),
    (r"Expected blob value type ", "bad_blob"),
    (r"Expected .* value type ", "wrong_type"),
    (r"Invalid ", "bad_format"),
    (r"string too big ", "string_too_long"),
    (r"string too small ", "string_too_short"),
    (r"grapheme too big ", "too_many_graphemes"),
    (r"grapheme too small ", "too_few_graphemes"),
    (r"integer too big ", "integer_too_large"),
    (r"integer too small ", "integer_too_small"),
    (r"array too big ", "array_too_long"),
    (r"array too small ", "array_too_short"),
    (r"bytes too big ", "bytes_too_long"),
    (r"bytes too small ", "bytes_too_short"),
    (r"blob too big ", "blob_too_large"),
)
# "Expected X (got Y)": a value that is not among those allowed has several names of ours.
_VALUE = re.compile(r"Expected (?!.* value type )")
_VALUE_REASONS = ("bad_type_field", "not_in_union", "not_in_enum", "blob_mime_type", "bad_blob")
# What the reference checks outside the lexicon.
_RULES = (
    ("Creator of listitem does not match creator of list", "list_of_other_repo"),
    ("does not match its post", "gate_of_other_post"),
    ("Invalid Lex value: bigint", "bad_cbor"),
)
_PLACE = re.compile(r" at (\$[^ ]*)$")


def refused(db, official):
    """A uri that is refused twice for the same reason is one row. `at` is the place in the record."""
    ours = {}
    for uri, reason, message in db.refused():
        # "RULE at PLACE: detail" of a lexicon violation.
        place = re.match(r"\w+ at (\$\S*):", message)
        ours[uri, reason, place.group(1) if place else None] = True
    theirs = {}
    rules = Counter()
    refused_by_us = {uri for uri, _, _ in ours}
    for error in official.errors:
        if is_legacy_blob(error["cause"]) and error["uri"] not in refused_by_us:
            rules["dropped: a blob in the legacy form, which ours takes"] += 1
            continue
        place = _PLACE.search(error["cause"])
        place = place.group(1) if place else None
        reason = _reason(error["cause"])
        if reason is None:
            # A value out of a set: any of our names for it, if we refuse it at the same place.
            found = [r for r in _VALUE_REASONS if (error["uri"], r, place) in ours]
            reason = found[0] if found else error["cause"]
        theirs[error["uri"], reason, place] = True
    return Comparison("refused", _rows(ours), _rows(theirs), rules)


def _reason(cause):
    for words, reason in _RULES:
        if words in cause:
            return reason
    for pattern, reason in _REASONS:
        if re.match(pattern, cause):
            return reason
    return None if _VALUE.match(cause) else cause


def _rows(keys):
    return [{"uri": uri, "reason": reason, "at": place} for uri, reason, place in keys]
