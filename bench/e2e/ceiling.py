"""The ceiling: what a bare COPY of the same rows into the same, empty tables takes."""

import os
import subprocess

from psql import query
from schema import row_counts, tables


def copy_seconds(conninfo, ceiling_conninfo, directory, pg_dump):
    """Seconds that one session needs to COPY all rows of the database `conninfo` into the empty
    database `ceiling_conninfo`, with the indexes there from the start. `directory` must be the
    server's own: it writes and reads the files, so that no client takes CPU time. In the binary
    format, which is the cheapest to read."""
    names = tables(conninfo)
    schema = subprocess.run(
        [pg_dump, "--schema-only", "--dbname", conninfo], capture_output=True, text=True, check=True
    )
    query(ceiling_conninfo, schema.stdout)
    files = {name: os.path.join(directory, f"{name}.copy") for name in names}
    query(
        conninfo,
        "\n".join(f"COPY public.{name} TO '{path}' (FORMAT binary);" for name, path in files.items()),
    )
    query(ceiling_conninfo, "CHECKPOINT")
    answer = query(
        ceiling_conninfo,
        "SELECT extract(epoch FROM clock_timestamp());\n"
        + "".join(f"COPY public.{name} FROM '{path}' (FORMAT binary);\n" for name, path in files.items())
        + "SELECT extract(epoch FROM clock_timestamp());\n",
    )
    for path in files.values():
        os.unlink(path)
    if row_counts(ceiling_conninfo) != row_counts(conninfo):
        raise RuntimeError("the ceiling's COPY has not brought the same rows")
    return float(answer[1][0]) - float(answer[0][0])
