"""A member of the cluster, of a version to come: it says what this one does not know."""

import os
import sys
import types

from psql import query

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/cluster")

from link_client import message, opened  # noqa: E402

# Smaller than that of any other node: so it is the one that dials.
_UUID = "00000000-0000-4000-8000-000000000000"


class NewerNode:
    """Draining, so that it gets no shards."""

    def __init__(self, conninfo, port, tls):
        self._conninfo = conninfo
        (node,) = query(conninfo, "SELECT node FROM cluster_members WHERE dead_at IS NULL")
        # The rest is as in the row of the node itself.
        query(conninfo, f"""
            INSERT INTO cluster_members
            SELECT n.*
            FROM cluster_members m, jsonb_populate_record(m, jsonb_build_object(
              'node', '{_UUID}', 'name', 'newer', 'address', '127.0.0.1:1', 'draining', true,
              'expires_at', now() + interval '1 hour'
            )) n
            WHERE m.node = '{node[0]}'
        """)  # fmt: skip
        self._how = types.SimpleNamespace(
            ca=f"{tls}/ca.crt", certificate=f"{tls}/node.crt", key=f"{tls}/node.key", host="127.0.0.1", port=port,
            silence=3.0, cluster="prism", to=node[0], **{"from": _UUID},
        )  # fmt: skip
        self._link = None

    def speak(self):
        """One message. Error: OSError if it is not linked."""
        try:
            self._link = self._link or opened(self._how)
            self._link.send(message({"kind": "greeting_of_tomorrow"}))
        except ValueError as error:
            raise OSError(str(error)) from error
        except OSError:
            self._link = None
            raise

    def leave(self):
        query(self._conninfo, f"DELETE FROM cluster_members WHERE node = '{_UUID}'")
