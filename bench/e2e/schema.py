"""Which tables are ours, and what is in them."""

from psql import query


def tables(conninfo):
    """Names of all our tables."""
    return [
        row[0]
        for row in query(
            conninfo,
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1",
        )
    ]


def row_counts(conninfo):
    """Table to number of rows, counted."""
    each = [f"SELECT '{name}', count(*) FROM public.{name}" for name in tables(conninfo)]
    return {name: int(count) for name, count in query(conninfo, " UNION ALL ".join(each))}


def bytes_on_disk(conninfo):
    """Table to (bytes with indexes and the like, bytes without)."""
    names = ", ".join(f"'{name}'" for name in tables(conninfo))
    rows = query(
        conninfo,
        "SELECT c.relname, pg_total_relation_size(c.oid), pg_relation_size(c.oid) FROM pg_class c "
        f"WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ({names})",
    )
    return {name: (int(total), int(heap)) for name, total, heap in rows}
