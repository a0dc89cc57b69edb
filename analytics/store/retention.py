"""Lets old traces go, and gives their room back to the disk."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analytics.errors import InputError, StoreError, first_line
from analytics.store import holding, lake, prepared

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger("patchpilot")


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What a retention lets go, and what it found."""

    traces: int
    runs: int
    calls: int
    runs_before: int
    calls_before: int


def prune(
    con: "DuckDBPyConnection",
    *,
    now: datetime,
    keep_runs: int | None = None,
    keep_days: float | None = None,
    even_all: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Remove the traces of runs that are neither among the newest nor young enough.

    A run is kept where either bound keeps it, and a trace where any of its runs is kept. What imports
    left out (rejects) and what they did (imports) stays on record.

    Args:
        con: a connection from ``lake.writer``.
        now: the clock, UTC without a zone.
        keep_runs: how many of the newest runs, by their start.
        keep_days: how long after its last sign of life a run is kept.
        even_all: whether the clock alone may let every run go: one that jumped ahead would.
        dry_run: only say what would go.

    Raises:
        InputError: no bound at all, or every run would go and nobody said that it may.
        StoreError: the store could not be written; it is as it was.
    """
    import duckdb

    if keep_runs is None and keep_days is None:
        raise InputError(
            "nothing says what to keep: give --keep-runs N, --keep-days D, or both (a run that either "
            "keeps is kept). Nothing was removed."
        )
    since = None if keep_days is None else now - timedelta(days=keep_days)
    fate = lake.Fate(keep=not dry_run)
    with lake.transaction(con, fate):
        con.execute("SET VARIABLE keep_runs = $1", [keep_runs])
        con.execute("SET VARIABLE keep_since = $1", [since])
        con.execute(lake.statement("statements", "doomed"))
        row = con.execute(lake.statement("queries", "doomed_counts")).fetchone()
        assert row is not None
        pruned = Pruned(
            traces=row[0], runs=row[1], calls=row[2], runs_before=row[3], calls_before=row[4]
        )
        if since and keep_runs is None and not (even_all or dry_run):
            _refuse_all(pruned, now, since)
        fate.keep = fate.keep and pruned.traces > 0
        if fate.keep:
            if (files := lake.data_folder(con)) is not None:
                # Before the commit: what is removed must be nowhere, whatever happens after it.
                prepared.discard(files.parent)
            con.execute(lake.statement("statements", "prune"))
    if fate.keep:
        try:
            give_room_back(con)
        except (duckdb.Error, StoreError) as fault:
            _log.warning(
                "what was to go is gone; its room on the disk comes back with the next prune that "
                "removes something: %s.",
                first_line(fault),
            )
    return pruned


def _refuse_all(pruned: Pruned, now: datetime, since: datetime) -> None:
    if pruned.runs == pruned.runs_before > 0:
        raise InputError(
            f"all {pruned.runs:,} runs would go: by this machine's clock ({now:%Y-%m-%d %H:%M} UTC) none "
            f"gave a sign of life since {since:%Y-%m-%d %H:%M}. Nothing was removed; where the clock is "
            "right, say --even-all, or keep some by --keep-runs N."
        )


def give_room_back(con: "DuckDBPyConnection") -> None:
    """Rewrite files that hold what was removed, and delete the old ones with the states that need them.

    So go the files of imports that were cut off.

    A reader that is in the middle of an old state reads the newest instead.

    Raises:
        duckdb.Error: the store could not be written; its rows are as they were.
        StoreError: the writer's lock is lost; they are as they were, too.
    """
    import duckdb

    try:
        con.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    except duckdb.TransactionException:
        # DuckLake cannot sum up rows that still stand in the catalog where one of their numbers is unknown.
        con.execute("CALL ducklake_flush_inlined_data('lake')")
        con.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    con.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
    con.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")
    # What another writer has begun to write is in no list of files either.
    holding.check(con)
    con.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)")
