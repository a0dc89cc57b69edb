"""Brings the rollups of the attached store into memory: all of them, or only what changed since."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from analytics.errors import StoreError
from analytics.schema import BATCHES, CODE_REPORTS, ROLLUPS, RUNS, VERDICTS, Table
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_REPORTS = (VERDICTS, CODE_REPORTS)
"""What was told of runs from outside: few rows, read as a whole."""

LOADED = (*ROLLUPS, *_REPORTS)
"""What is held in memory, in schema ``rollup``."""

_ROWS_CHANGE = frozenset(
    {"tables_inserted_into", "tables_deleted_from", "inlined_insert", "inlined_delete"}
)
"""What a commit may have done so that it can be told, row by row, what it changed."""

_MOST_CHANGED = 0.25
"""Above so many changed traces for each run in memory, loading everything is quicker."""

_SWEPT_AFTER = 50
"""Loads after which the rows that were replaced are taken out of memory."""


_LOADS = 20
"""A load takes less than an import: one that is overtaken so often is no accident."""


class _OvertakenError(Exception):
    """The store was written to while it was read."""


class Loader:
    """Keeps the rollups in memory in step with the store of one connection."""

    def __init__(self) -> None:
        """Begin with nothing in memory."""
        self.snapshot = -1
        """The commit that is in memory."""
        self._since_sweep = 0

    def load(self, cursor: "DuckDBPyConnection") -> None:
        """Bring the store's newest commit into memory, in one transaction.

        A page sees the old version or the new one. Where it can be told which traces changed, only those
        are read again.
        """
        for _ in range(_LOADS):
            with suppress(_OvertakenError):
                self._bring(cursor)
                return
        raise StoreError("the store changes faster than it can be read; the next look tries again.")

    def _bring(self, cursor: "DuckDBPyConnection") -> None:
        if not self._follow(cursor):
            with _transaction(cursor):
                newest = lake.snapshot_id(cursor)
                cursor.execute(lake.statement("statements", "load_rollups"))
            self.snapshot = newest
        self._sweep(cursor)

    def _follow(self, cursor: "DuckDBPyConnection") -> bool:
        """Load only what changed since, and say whether that could be done."""
        import duckdb

        if self.snapshot < 0:
            return False
        try:
            with _transaction(cursor):
                newest = lake.snapshot_id(cursor)
                if not _load_changes(cursor, self.snapshot, newest):
                    return False
        except duckdb.Error:
            return False  # What an old commit changed may be gone from the disk in the meantime.
        self.snapshot = newest
        return True

    def _sweep(self, cursor: "DuckDBPyConnection") -> None:
        """Let go of replaced rows now and then: they stay in memory until somebody asks."""
        import duckdb

        self._since_sweep += 1
        if self._since_sweep >= _SWEPT_AFTER:
            with suppress(duckdb.Error):  # Somebody reads just now: next time.
                cursor.execute("CHECKPOINT memory")
                self._since_sweep = 0


@contextmanager
def _transaction(cursor: "DuckDBPyConnection") -> Iterator[None]:
    cursor.execute("BEGIN")
    try:
        begun = lake.snapshot_id(cursor)
        yield
        # A compaction takes rows from under a transaction: what was read beside one is thrown away.
        with cursor.cursor() as other:
            if lake.snapshot_id(other) != begun:
                raise _OvertakenError
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise


def _changed_tables(cursor: "DuckDBPyConnection", since: int, newest: int) -> list[Table] | None:
    """Return the tables in memory whose rows were changed after a commit; None where it cannot be told."""
    commits = cursor.execute(lake.statement("queries", "commits_since"), [since]).fetchall()
    if [number for number, _ in commits] != list(range(since, newest + 1)):
        return None
    ids: set[str] = set()
    for _, changes in commits[1:]:
        if not changes.keys() <= _ROWS_CHANGE:
            return None
        ids.update(table_id for said in changes.values() for table_id in said)
    named = dict(cursor.execute(lake.statement("queries", "table_ids")).fetchall())
    return [table for table in LOADED if named.get(table.name) in ids]


def _load_changes(cursor: "DuckDBPyConnection", since: int, newest: int) -> bool:
    """Load the traces that changed; False where loading everything is the better way, or the only one."""
    changed = _changed_tables(cursor, since, newest)
    if changed is None:
        return False
    rollups = [table for table in changed if table in ROLLUPS]
    if rollups:
        if not {RUNS, BATCHES} & set(rollups):
            return False
        # A trace's rollups are written together: the changes of runs and series tell of all.
        cursor.execute(lake.statement("statements", "changed_traces"), [since + 1, newest])
        row = cursor.execute(lake.statement("queries", "changed_share")).fetchone()
        if row is None or row[0] > _MOST_CHANGED:
            return False
        cursor.execute(lake.statement("statements", "drop_changed"))
        traces = cursor.table("changed_traces")
        for table in rollups:
            stored = cursor.table(f"lake.{table.name}")
            _append(stored.join(traces, "source, trace_id", how="semi"), table)
    if len(rollups) < len(changed):
        cursor.execute(lake.statement("statements", "drop_reports"))
        for table in _REPORTS:
            _append(cursor.table(f"lake.{table.name}"), table)
    return True


def _append(rows: "DuckDBPyRelation", table: Table) -> None:
    """Put rows into a table in memory: a store that has grown with its versions orders columns otherwise."""
    rows.select(*table.columns).insert_into(f"rollup.{table.name}")
