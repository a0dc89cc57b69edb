"""Keeps a store small: forgets old states, removes the files nobody needs, and joins small files.

Every step commits on its own and changes no row, so that a crash between two of them loses nothing.
Joining takes rows from under a query that is running: who reads a store notices, and reads again, as beside
any commit (``consistency``).
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.errors import StoreError, first_line
from analytics.store import lake, prepared, threads
from analytics.store.location import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")

AT_LEAST = 20
"""States that are forgotten at once: what they keep on the disk until then is small."""

LARGEST_BYTES = 16_000_000
"""A larger file is not joined any more, so that what one pass rewrites does not grow with the store."""

MANY_FILES = 50
"""A table that has got so many more files since it was last joined is joined by an import."""

DELETED_SHARE = 0.02
"""An import writes files anew of which more rows are gone than this share, so that they can be joined: those
of small imports, which lose a few rows as soon as runs that were going on end."""

_JOINED = "joined"
"""Setting with the files that each table had after it was joined."""

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
    """Forget old states and join small files where there are many. Never fails what was committed before it.

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
        removed = 0
        if row is not None and row[0] >= kept + AT_LEAST:
            threads.suit(con, little=False)
            removed = compact(con, store, join=False, grace=GRACE).files_removed
        _join_where_due(con, store)
        prepared.renew(con, store)
    except (duckdb.Error, StoreError, OSError) as fault:
        _log.warning("what came is stored; tidying the store has to wait: %s.", first_line(fault))
        return False
    return removed > 0


def compact(
    con: "DuckDBPyConnection",
    store: Store,
    *,
    join: bool,
    grace: timedelta = GRACE,
) -> Compacted:
    """Join small files, forget the states that no recent import needs, remove the files only they need.

    Args:
        con: a connection from ``lake.writer``, in no transaction.
        store: where it stands.
        join: whether files are joined; rows that are gone are then left out of them.
        grace: how long states and files stay for who reads them.

    Raises:
        StoreError: the store could not be written; every row of it is as it was.
    """
    import duckdb

    try:
        # A folder that a killed compaction leaves there tells the next writer to look for its files.
        with lake.scratch(store):
            before = _files(con)
            if join:
                _join_all(con)
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


def _join_where_due(con: "DuckDBPyConnection", store: Store) -> None:
    """Join the files of the one table that has got the most of them since it was last joined."""
    found = con.execute(lake.statement("queries", "many_files"), [MANY_FILES]).fetchall()
    if not found:
        return
    before = json.loads(lake.setting(con, _JOINED) or "{}")
    more, table = max((count - before.get(table, 0), table) for table, count in found)
    if more < MANY_FILES:
        return
    with lake.scratch(store):
        _join(con, table, DELETED_SHARE)
        _note(con, {**before, table: _files(con)[table]})


def _join_all(con: "DuckDBPyConnection") -> None:
    for table, count in _files(con).items():
        if count > 1:
            _join(con, table, 0.0)
    _note(con, {table: count for table, count in _files(con).items() if count})


def _join(con: "DuckDBPyConnection", table: str, deleted_share: float) -> None:
    """Write small files of one table into fewer, leaving out rows that are gone."""
    # DuckLake joins no file of which rows are gone, and deletions that its catalog holds are some.
    con.execute("CALL ducklake_flush_inlined_data('lake', table_name => $1)", [table])
    con.execute(
        "CALL ducklake_rewrite_data_files('lake', $1, delete_threshold => $2)",
        [table, deleted_share],
    )
    con.execute(
        "CALL ducklake_merge_adjacent_files('lake', $1, max_file_size => $2)",
        [table, LARGEST_BYTES],
    )


def _note(con: "DuckDBPyConnection", joined: dict[str, int]) -> None:
    told = json.dumps(joined, sort_keys=True)
    if told != lake.setting(con, _JOINED):
        with lake.transaction(con):
            lake.keep_setting(con, _JOINED, told)


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
