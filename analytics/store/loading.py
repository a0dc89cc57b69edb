"""Holds in memory what metrics read: derived from the store's rollups, all of them or what changed since."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from analytics.schema import BATCHES, CODE_REPORTS, ROLLUPS, RUNS, VERDICTS, Field, Table
from analytics.store import consistency, lake, memory, threads

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_REPORTS = (VERDICTS, CODE_REPORTS)
"""What was told of runs from outside: few rows, and any may speak of any run."""

BROUGHT = (RUNS, *_REPORTS)
"""What runs are derived from, read as schema ``brought``."""

DERIVED = ("reported", "runs")
"""Tables in memory, in schema ``rollup``, each after those that it reads: what the view ``derived_<name>``
makes of what is brought."""

PARTS = tuple(table for table in ROLLUPS if table not in (RUNS, BATCHES))
"""Rollups whose rows belong to runs. In memory, in schema ``rollup``, a row knows its run by a number."""

OF_A_RUN = ("source", "run_id", "trace_id")
"""Columns that the number stands for."""

VIEWS = (
    "runs",
    "fixes",
    "agent_runs",
    "usage",
    "tool_usage",
    "tool_calls",
    "pipelines",
    "debugging_cycles",
    "conflicts",
    "batches",
)
"""What metrics and pages read, each after those that it reads."""

NOTHING = -1
"""In the place of a commit's number, where none is in memory."""

_ROWS_CHANGE = frozenset(
    {"tables_inserted_into", "tables_deleted_from", "inlined_insert", "inlined_delete"}
)
"""What a commit may have done so that it can be told, row by row, what it changed."""

_ROWS_STAY = frozenset({"merge_adjacent", "rewrite_delete"})
"""What a commit does that only writes rows anew into fewer files."""

_FLUSHED = "flushed_inlined"
"""What a commit does that only writes into files what the catalog held."""

_MOST_CHANGED = 0.25
"""Above so many changed traces for each run in memory, loading everything is quicker."""

_MANY_RUNS = 20_000
"""Runs from which on reading them is worth more than one thread."""

_FIRST_LOOKS = 3
"""Times that all of a store is read beside commits."""

_SWEPT_AFTER = 50
"""Loads of what changed after which the rows that were replaced are taken out of memory. A load of all is
packed at once: it then takes up a quarter, or less."""


class Loader:
    """Keeps what is held in memory in step with the store of one connection."""

    def __init__(self, snapshot: int = NOTHING) -> None:
        """Begin with nothing in memory, or with what somebody else has brought of a commit."""
        self.snapshot = snapshot
        """The commit that is in memory."""
        self._since_sweep = 0

    def load(self, cursor: "DuckDBPyConnection") -> None:
        """Bring the store's newest commit into memory, in one transaction.

        A page sees the old version or the new one. Where it can be told which traces changed, only those
        are read again.

        Raises:
            OvertakenError: the store was written to meanwhile, each time that it was tried.
        """
        # Who opens a store can read a copy of its catalog instead, and may have much to read.
        looks = _FIRST_LOOKS if self.snapshot == NOTHING else consistency.LOOKS
        consistency.again(self._load, looks)(cursor)

    def _load(self, cursor: "DuckDBPyConnection") -> None:
        if self._follow(cursor):
            self._since_sweep += 1
            return
        with _transaction(cursor):
            newest = lake.snapshot_id(cursor)
            threads.suit(cursor, little=len(cursor.table("lake.runs")) < _MANY_RUNS)
            cursor.execute(lake.statement("statements", "bring_all"))
            hold_all(cursor, "lake.{}")
        self.snapshot = newest
        self._since_sweep = _SWEPT_AFTER

    @consistency.again
    def age(self, cursor: "DuckDBPyConnection") -> None:
        """Derive again the traces with a run whose state the clock has changed."""
        with _transaction(cursor):
            cursor.execute(lake.statement("statements", "aged_traces"))
            _hold_changed(cursor, {table.name for table in ROLLUPS})

    def sweep(self, cursor: "DuckDBPyConnection") -> None:
        """Let go of replaced rows, and pack the others, where that is due. Who reads meanwhile does not wait.

        For a look that finds nothing new: who looks only once does not wait for it.
        """
        import duckdb

        if self._since_sweep >= _SWEPT_AFTER:
            with suppress(duckdb.Error):
                cursor.execute("CHECKPOINT memory")
                memory.give_back(cursor, from_mb=0)
                self._since_sweep = 0

    def _follow(self, cursor: "DuckDBPyConnection") -> bool:
        """Load only what changed since, and say whether that could be done."""
        import duckdb

        if self.snapshot == NOTHING:
            return False
        try:
            with threads.one_within(cursor), _transaction(cursor):
                newest = lake.snapshot_id(cursor)
                if not _load_changes(cursor, self.snapshot, newest):
                    return False
        except duckdb.Error:
            return False  # What an old commit changed may be gone from the disk in the meantime.
        self.snapshot = newest
        return True


def prepare(con: "DuckDBPyConnection", *, attached: bool) -> None:
    """Make the clock and what rows are held in; where no store is attached, what they come from as well."""
    con.execute("CREATE TABLE clock (now TIMESTAMP, stale_after_s DOUBLE)")
    con.execute("INSERT INTO clock VALUES (NULL, NULL)")
    con.execute("CREATE SCHEMA rollup")
    con.execute("CREATE SCHEMA brought")
    con.execute("CREATE SEQUENCE run_numbers")
    for table in PARTS:
        con.execute(lake.ddl(_part(table), "rollup"))
    con.execute(lake.ddl(BATCHES, "rollup"))
    if not attached:
        for table in BROUGHT:
            con.execute(lake.ddl(table, "brought"))
        _derive(con)


def set_clock(con: "DuckDBPyConnection", now: datetime, stale_after: timedelta) -> None:
    """Say what time it is, UTC without a zone, and after which silence an unended run is abandoned."""
    con.execute("UPDATE clock SET now = $1, stale_after_s = $2", [now, stale_after.total_seconds()])


def _part(table: Table) -> Table:
    """Return a rollup as it is in memory: with a number in the place of what tells the run."""
    number = Field("run_no", "BIGINT", "Number of the run in memory.", required=True)
    own = [field for field in table.fields if field.name not in OF_A_RUN]
    return Table(table.name, table.row, (number, *own), key=())


def _derive(con: "DuckDBPyConnection") -> None:
    """Make every derived table of what is brought, and the views over what is held."""
    for name in DERIVED:
        con.execute(lake.statement("held", name))
    for name in VIEWS:
        con.execute(lake.statement("views", name))


@contextmanager
def _transaction(cursor: "DuckDBPyConnection") -> Iterator[None]:
    cursor.execute("BEGIN")
    try:
        with consistency.unchanged(cursor):
            yield
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise


@dataclass(frozen=True, kw_only=True)
class _Changed:
    """What changed after a commit."""

    tables: frozenset[str]
    """Those of which rows changed."""
    commits: tuple[tuple[int, int], ...]
    """First and last of the commits that changed rows, without those between them that changed none."""


def _changed(cursor: "DuckDBPyConnection", since: int, newest: int) -> _Changed | None:
    """Return what changed after a commit; None where it cannot be told."""
    commits = cursor.execute(lake.statement("queries", "commits_since"), [since]).fetchall()
    if [number for number, _ in commits] != list(range(since, newest + 1)):
        return None
    ids: set[str] = set()
    ranges: list[tuple[int, int]] = []
    for number, changes in commits[1:]:
        if _FLUSHED in changes or changes.keys() <= _ROWS_STAY:
            continue
        if not changes.keys() <= _ROWS_CHANGE:
            return None
        ids.update(table_id for said in changes.values() for table_id in said)
        follows = ranges and ranges[-1][1] == number - 1
        ranges.append((ranges.pop()[0] if follows else number, number))
    named = cursor.execute(lake.statement("queries", "table_ids")).fetchall()
    return _Changed(
        tables=frozenset(name for name, table_id in named if table_id in ids), commits=tuple(ranges)
    )


def _followed(cursor: "DuckDBPyConnection", since: int, newest: int) -> _Changed | None:
    """Return what changed after a commit; None where that cannot be loaded by itself."""
    changed = _changed(cursor, since, newest)
    # What is told of runs from outside may speak of any of them.
    is_told = changed is not None and changed.tables & {table.name for table in _REPORTS}
    return None if is_told else changed


def can_follow(con: "DuckDBPyConnection", since: int) -> bool:
    """Say whether what changed since a commit can be loaded without the rest."""
    return _followed(con, since, lake.snapshot_id(con)) is not None


def _load_changes(cursor: "DuckDBPyConnection", since: int, newest: int) -> bool:
    """Load the traces that changed; False where loading everything is the better way, or the only one."""
    changed = _followed(cursor, since, newest)
    if changed is None:
        return False
    rollups = changed.tables & {table.name for table in ROLLUPS}
    if not rollups:
        return True
    # A trace's rollups are written together: the changes of runs and series tell of all.
    if not rollups & {RUNS.name, BATCHES.name}:
        return False
    cursor.execute(lake.statement("statements", "no_traces"))
    told = [name for name in (RUNS.name, BATCHES.name) if name in rollups]
    for name, commits in product(told, changed.commits):
        cursor.execute(lake.statement("statements", "changed_traces"), [*commits, name])
    row = cursor.execute(lake.statement("queries", "changed_share")).fetchone()
    if row is None or row[0] > _MOST_CHANGED:
        return False
    _hold_changed(cursor, rollups)
    return True


def hold_all(cursor: "DuckDBPyConnection", stored: str) -> None:
    """Hold all that there is.

    Args:
        cursor: with runs and reports in schema ``brought``.
        stored: the name of a table with the rows of a rollup, ``{}`` standing for the rollup's.
    """
    cursor.execute(lake.statement("statements", "drop_all"))
    _derive(cursor)
    for table in (*PARTS, BATCHES):
        _hold(cursor, table, cursor.table(stored.format(table.name)))


def _hold_changed(cursor: "DuckDBPyConnection", rollups: Collection[str]) -> None:
    """Hold what the store has now of the traces in table ``changed_traces``.

    Args:
        cursor: in a transaction.
        rollups: the rollups that may have rows of these traces.
    """
    cursor.execute(lake.statement("statements", "bring_changed"))
    cursor.execute(lake.statement("statements", "drop_held"))
    for name in DERIVED:
        cursor.view(f"derived_{name}").insert_into(f"rollup.{name}")
    traces = cursor.table("changed_traces")
    for table in (*PARTS, BATCHES):
        if table.name in rollups:
            stored = cursor.table(f"lake.{table.name}")
            _hold(cursor, table, stored.join(traces, "source, trace_id", how="semi"))


def _hold(cursor: "DuckDBPyConnection", table: Table, rows: "DuckDBPyRelation") -> None:
    """Put rows of a rollup into memory, those of a run by its number.

    A store that has grown with its versions has the columns in another order.
    """
    if table in PARTS:
        runs = cursor.table("rollup.runs").project("source", "run_id", "run_no")
        rows, table = rows.join(runs, "source, run_id"), _part(table)
    rows.select(*table.columns).insert_into(f"rollup.{table.name}")
