"""The cluster as its database has it."""

import json
from dataclasses import dataclass

from psql import Repeated

# One line of JSON. A member of the past that came again has several rows; only one lives.
_SQL = """
SELECT jsonb_build_object(
  'now', extract(epoch FROM clock_timestamp()),
  'lease', (SELECT jsonb_build_object('holder', holder, 'epoch', epoch,
                                      'live', expires_at > clock_timestamp())
            FROM leases WHERE name LIKE 'writer %' ORDER BY epoch DESC LIMIT 1),
  'members', (SELECT jsonb_object_agg(node, jsonb_build_object('name', name, 'draining', draining,
                'dead', dead_reason, 'live', dead_at IS NULL AND expires_at > clock_timestamp()))
              FROM cluster_members),
  'owners', (SELECT jsonb_object_agg(shard, node) FROM shard_placement),
  'tokens', (SELECT jsonb_object_agg(shard, token) FROM shard_placement),
  'cursors', (SELECT jsonb_object_agg(shard, seq) FROM firehose_cursor))
""".replace("\n", " ")


@dataclass
class State:
    now: float  # seconds since 1970, by the database's clock
    holder: str  # of the lease; a node's uuid
    epoch: int
    lease_live: bool
    members: dict  # uuid: {"name", "draining", "dead", "live"}
    owners: dict  # shard: uuid
    tokens: dict  # shard: token
    cursors: dict  # shard: seq

    def uuid_of(self, name):
        """Of the member of that name that lives; None without one."""
        return next((u for u, m in self.members.items() if m["name"] == name and m["live"]), None)

    def lives(self, uuid):
        return uuid in self.members and self.members[uuid]["live"]

    def live_names(self):
        return {each["name"] for each in self.members.values() if each["live"]}

    def leader(self):
        """Its name; None if there is none."""
        return self.members[self.holder]["name"] if self.lease_live and self.lives(self.holder) else None

    def owned_by(self, name):
        uuid = self.uuid_of(name)
        return [shard for shard, owner in self.owners.items() if owner == uuid]

    def highest(self):
        return max(self.cursors.values(), default=0)

    def lowest(self):
        return min(self.cursors.values(), default=0)


class Table:
    """Asked through the server's socket, so that no cut of the network concerns it. Not while the
    server is stopped: the answer would not come."""

    def __init__(self, conninfo):
        self._conninfo = conninfo
        self._session = None
        self.latest = None  # what was read last

    def read(self):
        """None while the database does not answer or has no such tables yet."""
        try:
            if self._session is None:
                self._session = Repeated(self._conninfo, _SQL)
            answer = self._session.ask()
        except (RuntimeError, OSError):
            self.close()
            return None
        if answer is None:
            return None
        found = json.loads(answer)
        lease = found["lease"] or {"holder": "", "epoch": 0, "live": False}
        by_number = lambda name: {int(key): value for key, value in (found[name] or {}).items()}  # noqa: E731
        self.latest = State(
            float(found["now"]), lease["holder"], lease["epoch"], lease["live"], found["members"] or {},
            by_number("owners"), by_number("tokens"), by_number("cursors"),
        )  # fmt: skip
        return self.latest

    def close(self):
        if self._session is not None:
            try:
                self._session.close()
            except OSError:
                pass  # psql has ended
            self._session = None
