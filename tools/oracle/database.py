"""Prism's tables, with their ids resolved."""

from psql import json_rows

# The numbers of atproto/collection.hpp.
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
}


class Database:
    """One database of Prism's schema; DIDs and at-uris are resolved from memory."""

    def __init__(self, conninfo):
        self._conninfo = conninfo
        self.did = {r["id"]: r["did"] for r in self.rows("SELECT id, did FROM users")}
        self.uri = {
            r["id"]: self._uri_text(r)
            for r in self.rows("SELECT id, repo_id, collection, rkey FROM uris")
        }

    def rows(self, select):
        """The rows of a SELECT as dicts. Error: RuntimeError with psql's own words."""
        return json_rows(self._conninfo, select)

    def path_uri(self, creator_id, collection, rkey):
        """The at-uri of a record that has no row in uris."""
        return f"at://{self.did[creator_id]}/{NSID[collection]}/{rkey}"

    def uri_or_none(self, uri_id):
        return None if uri_id is None else self.uri[uri_id]

    def _uri_text(self, row):
        # Repo 0 keeps the whole text, collection 0 everything behind the DID (db/refs.hpp).
        if row["repo_id"] == 0:
            return row["rkey"]
        if row["collection"] == 0:
            return f"at://{self.did[row['repo_id']]}/{row['rkey']}"
        return self.path_uri(row["repo_id"], row["collection"], row["rkey"])
