"""Keeps a store small: forgets old states and removes the files nobody needs; by hand, joins small files.

Every step commits on its own and changes no row, so that a crash between two of them loses nothing.
Imports only forget what nobody reads any more. Joining is left to the user: DuckLake does it in a way that
can take rows from under a query that is running, so that it counts too few. The pages notice and read again.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.errors import StoreError, first_line
from analytics.store import lake, threads
from analytics.store.location import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

AT_LEAST = 20
"""States that are forgotten at once: what they keep on the disk until then is small."""

LARGEST_BYTES = 16_000_000
"""A larger file is not joined any more, so that what one pass rewrites does not grow with the store."""

KEPT_IMPORTS = 20
"""What the newest imports changed can be told: the states before and after them are kept."""

GRACE = timedelta(hours=1)
"""A state is kept for so long, and a file after its last state was forgotten: who reads one state must find
all of it, and the longest that does, an export of every table, takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Compacted:
    """What a compaction did."""

    files_before: int
    files_after: int
    states_forgotten: int
    files_removed: int


def tidy(con: "DuckDBPyConnection", store: Store) -> bool:
    """Forget old states where there are many. Never fails what was committed before it.

    Args:
        con: a connection from ``lake.writer``, in no transaction.
        store: where it stands.

    Returns:
        Whether files were removed that an older copy of the catalog lists.
    """
    import duckdb

    # Two for each import that is kept, and the newest; more are none that anybody asks for.
    kept = 2 * KEPT_IMPORTS + 1
    try:
        row = con.execute(
            lake.statement("queries", "aged_states"), [datetime.now(UTC) - GRACE]
        ).fetchone()
        if row is None or row[0] < kept + AT_LEAST:
            return False
        threads.suit(con, little=False)
        return compact(con, store, many_files=None, grace=GRACE).files_removed > 0
    except (duckdb.Error, StoreError) as fault:
        _log.warning("what came is stored; tidying the store has to wait: %s.", first_line(fault))
        return False


def compact(
    con: "DuckDBPyConnection",
    store: Store,
    *,
    many_files: int | None,
    grace: timedelta = GRACE,
) -> Compacted:
    """Join small files, forget the states that no recent import needs, remove the files only they need.

    Args:
        con: a connection from ``lake.writer``, in no transaction.
        store: where it stands.
        many_files: tables of fewer files are left alone; no files are joined where None.
        grace: how long states and files stay for who reads them.

    Raises:
        StoreError: the store could not be written; every row of it is as it was.
    """
    import duckdb

    try:
        # A folder that a killed compaction leaves there tells the next writer to look for its files.
        with lake.scratch(store):
            before = _files(con)
            if many_files is not None:
                _join(con, many_files)
            forgotten = _forget(con, grace)
            removed = _clean_up(con, grace)
            return Compacted(
                files_before=sum(before.values()),
                files_after=sum(_files(con).values()),
                states_forgotten=forgotten,
                files_removed=removed,
            )
    except (duckdb.Error, OSError) as fault:
        raise StoreError(
            f"the store could not be compacted; no row of it changed: {first_line(fault)}."
        ) from fault


def _join(con: "DuckDBPyConnection", many_files: int) -> None:
    for table, count in _files(con).items():
        if count < many_files:
            continue
        con.execute(
            "CALL ducklake_merge_adjacent_files('lake', $1, max_file_size => $2)",
            [table, LARGEST_BYTES],
        )


def _forget(con: "DuckDBPyConnection", grace: timedelta) -> int:
    """Let go of the states that are neither the newest nor on either side of a recent import."""
    old = [
        number
        for (number,) in con.execute(
            lake.statement("queries", "old_states"), [KEPT_IMPORTS, datetime.now(UTC) - grace]
        ).fetchall()
    ]
    if old:
        con.execute("CALL ducklake_expire_snapshots('lake', versions => $1)", [old])
    return len(old)


def _clean_up(con: "DuckDBPyConnection", grace: timedelta) -> int:
    if con.execute(lake.statement("queries", "catalog_type")).fetchone() == ("sqlite",):
        con.execute(lake.statement("statements", "exact_schedule"))
    before = datetime.now(UTC) - grace
    row = con.execute(lake.statement("queries", "clean_up"), [before]).fetchone()
    return int(row[0]) if row else 0


def _files(con: "DuckDBPyConnection") -> dict[str, int]:
    """Return how many files every table has now, files of deletions too."""
    return dict(con.execute(lake.statement("queries", "files")).fetchall())
