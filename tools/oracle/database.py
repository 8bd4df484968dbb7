"""Prism's tables, with their ids resolved."""

import json
import re
import subprocess

from psql import json_rows

# The numbers of atproto/records/collection.hpp.
NSID = {
    1: "app.bsky.feed.post",
    2: "app.bsky.feed.like",
    3: "app.bsky.feed.repost",
    4: "app.bsky.feed.threadgate",
    5: "app.bsky.feed.postgate",
    6: "app.bsky.feed.generator",
    7: "app.bsky.graph.follow",
    8: "app.bsky.graph.block",
    9: "app.bsky.graph.list",
    10: "app.bsky.graph.listitem",
    11: "app.bsky.graph.listblock",
    12: "app.bsky.graph.starterpack",
    13: "app.bsky.graph.verification",
    14: "app.bsky.actor.profile",
    15: "app.bsky.actor.status",
    16: "app.bsky.labeler.service",
    17: "app.bsky.notification.declaration",
    18: "chat.bsky.actor.declaration",
    19: "com.germnetwork.declaration",
    20: "app.bsky.graph.referencelistoptout",
}


# What a shard says of a record that it does not take (actors/intake/batch_maker.cpp): uri, reason, message.
_REFUSED = re.compile(r"record refused: (at://\S+): ([a-z_]+): (.*)")


class Database:
    """One database of Prism's schema; DIDs and at-uris are resolved from memory. `program` is
    prism-records, `log` the file with what the node has said."""

    def __init__(self, conninfo, program, log):
        self._conninfo = conninfo
        self._program = program
        self._log = log
        self.did = {r["id"]: r["did"] for r in self.rows("SELECT id, did FROM users")}
        self.uri = {
            r["id"]: self._uri_text(r)
            for r in self.rows("SELECT id, repo_id, collection, rkey FROM uris")
        }

    def rows(self, select):
        """The rows of a SELECT as dicts. Error: RuntimeError with psql's own words."""
        return json_rows(self._conninfo, select)

    def records(self):
        """Every stored record that gives back its CID, as {"uri", "cid", "record"}. Error:
        RuntimeError."""
        with subprocess.Popen([self._program, self._conninfo], stdout=subprocess.PIPE) as reader:
            yield from map(json.loads, reader.stdout)
        if reader.returncode not in (0, 1):
            raise RuntimeError(f"{self._program}: exit code {reader.returncode}")

    def refused(self):
        """(uri, reason, message) of the records that were refused, each once."""
        with open(self._log, encoding="utf-8", errors="replace") as lines:
            return {found.groups() for line in lines if (found := _REFUSED.search(line))}

    def path_uri(self, creator_id, collection, rkey):
        """The at-uri of a record that has no row in uris."""
        return f"at://{self.did[creator_id]}/{NSID[collection]}/{rkey}"

    def uri_or_none(self, uri_id):
        return None if uri_id is None else self.uri[uri_id]

    def _uri_text(self, row):
        # Repo 0 keeps the whole text, collection 0 everything behind the DID (db/batch/refs.hpp).
        if row["repo_id"] == 0:
            return row["rkey"]
        if row["collection"] == 0:
            return f"at://{self.did[row['repo_id']]}/{row['rkey']}"
        return self.path_uri(row["repo_id"], row["collection"], row["rkey"])
