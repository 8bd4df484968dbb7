"""Two sets of rows, and what only one of them has."""

import json
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Comparison:
    """One table. `rules` say how many rows a documented deviation concerned (docs/ORACLE.md)."""

    table: str
    ours: list
    theirs: list
    rules: Counter = field(default_factory=Counter)

    def __post_init__(self):
        mine, other = _counted(self.ours), _counted(self.theirs)
        self.only_ours = sorted((mine - other).elements())
        self.only_theirs = sorted((other - mine).elements())

    @property
    def differences(self):
        return len(self.only_ours) + len(self.only_theirs)

    def examples(self, most):
        """Up to `most` differing rows, each side of one row together, with what differs."""
        mine = {_name(row): row for row in map(json.loads, self.only_ours)}
        other = {_name(row): row for row in map(json.loads, self.only_theirs)}
        for name in sorted(mine.keys() | other.keys())[:most]:
            if name in mine and name in other:
                yield f"{name}: " + "; ".join(
                    f"{column}: ours {mine[name].get(column)!r}, theirs {other[name].get(column)!r}"
                    for column in sorted(mine[name].keys() | other[name].keys())
                    if mine[name].get(column) != other[name].get(column)
                )
            elif name in mine:
                yield f"only ours: {json.dumps(mine[name], ensure_ascii=False)}"
            else:
                yield f"only theirs: {json.dumps(other[name], ensure_ascii=False)}"


def project(rows, columns):
    """The rows with these columns only."""
    return [{column: row[column] for column in columns} for row in rows]


def _counted(rows):
    return Counter(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)


def _name(row):
    for column in ("uri", "did", "recordUri"):
        if column in row:
            return " ".join(str(row[c]) for c in (column, "reason", "type") if c in row)
    return json.dumps(row, sort_keys=True)
