"""What of a PromQL expression a linter has to know: its selectors, and what stands around them."""

import dataclasses
import re

_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_SELECTOR = re.compile(
    r"(?P<function>\w+\()?\s*\b(?P<name>(?:prism|process)_\w+|up|instance\w*:[\w:]+)\b(?!\()"
    r"(?P<labels>\{[^}]*\})?(?:\[(?P<window>[^\]]+)\])?"
)
_LABEL = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


@dataclasses.dataclass
class Selector:
    name: str
    labels: dict  # name -> (operator, value)
    window: str  # "" without one
    function: str  # directly around it; "" without one


def selectors(expression):
    """All selectors of an expression, in order."""
    # Names of labels in groupings are not selectors.
    text = _GROUPING.sub(lambda found: " " * len(found[0]), expression)
    return [
        Selector(
            found["name"],
            {name: (operator, value) for name, operator, value in _LABEL.findall(found["labels"] or "")},
            found["window"] or "",
            (found["function"] or "").rstrip("("),
        )
        for found in _SELECTOR.finditer(text)
    ]


def seconds(duration):
    """Of "1h30m"; None if it is none."""
    if not re.fullmatch(r"(\d+(ms|s|m|h|d))+", duration):
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration))


def outermost_grouping(expression):
    """The labels that an expression leaves, if it begins with "sum by (...)"; None otherwise."""
    found = re.match(r"\s*(?:sum|max|min|avg|count)\s+by\s*\(([^)]*)\)", expression)
    return {each.strip() for each in found[1].split(",")} if found else None


def has_condition(expression):
    """Whether an alert would be silent some time."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}', "", expression)
    return bool(re.search(r"[<>]|==|!=|\babsent\(", bare))
