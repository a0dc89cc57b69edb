"""A store as it was after one of its commits, with the rollups and views of today: what a number was then."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from analytics.errors import StoreError
from analytics.store import consistency, lake
from analytics.store.loading import NOTHING
from analytics.store.location import Store
from analytics.store.reader import Reader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from polars import DataFrame


class SnapshotGoneError(StoreError):
    """A state of the store that can no longer be looked at."""


class Past(Reader):
    """A reader of one former state. It never sees a newer one."""

    def __init__(
        self, store: Store, snapshot: int, *, now: datetime, stale_after: timedelta | None = None
    ) -> None:
        """Open a store as of one of its commits.

        Args:
            store: where it stands.
            snapshot: number of the commit.
            now: the clock, UTC without a zone: two states are compared by one clock.
            stale_after: silence after which an unended run counts as abandoned.

        Raises:
            SnapshotGoneError: the store has no such commit, or no longer.
            StoreError: there is a store, and it cannot be read.
        """
        self._at = snapshot
        super().__init__(store, now=now, stale_after=stale_after)

    def _connect(self) -> "tuple[DuckDBPyConnection, int]":
        with lake.opened(self.store) as con:
            known = lake.has_snapshot(con, self._at)
        if not known:
            raise SnapshotGoneError(
                f"state {self._at} of the store in {self.store} is gone: old states have been expired."
            )
        try:
            return lake.connect(self.store, read_only=True, snapshot=self._at), NOTHING
        except StoreError as fault:
            raise SnapshotGoneError(
                f"state {self._at} of the store in {self.store} has another layout than today's."
            ) from fault


@contextmanager
def as_of(store: Store, snapshot: int, now: datetime) -> Iterator["DuckDBPyConnection"]:
    """Open a store as of one of its commits for as long as the block takes, with every view.

    Raises:
        OvertakenError: the store was written to meanwhile: see ``consistency.unchanged``.
    """
    with (
        lake.opened(store) as newest,
        consistency.unchanged(newest),
        closing(Past(store, snapshot, now=now)) as past,
        past.cursor() as con,
    ):
        yield con


def run_states(con: "DuckDBPyConnection") -> "DataFrame":
    """Return one row per run with its outcome, its labels and a fingerprint of the whole row."""
    return con.execute(lake.statement("queries", "run_states")).pl()


def verdicts(con: "DuckDBPyConnection") -> "DataFrame":
    """Return every verdict, one row each."""
    return con.table("lake.verdicts").pl()


def imported(con: "DuckDBPyConnection", import_id: int | None) -> dict[str, Any] | None:
    """Return one import, the newest where none is named; None where there is none.

    Args:
        con: a connection with a store attached.
        import_id: which one.
    """
    rows = con.execute(lake.statement("queries", "imported"), {"import_id": import_id}).pl()
    return rows.row(0, named=True) if len(rows) else None


def revised(con: "DuckDBPyConnection", import_id: int) -> "DataFrame":
    """Return what an import changed in records: one row per ``kind`` and ``field`` with ``records``."""
    return con.execute(lake.statement("queries", "revised"), {"import_id": import_id}).pl()
