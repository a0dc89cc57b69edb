"""What one process keeps in memory of a store: the tables and views that metrics read.

A reader never blocks a writer. Where the store cannot be reached, it keeps the version that it has.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING

from analytics.errors import InputError, StoreError, first_line
from analytics.schema import STALE_AFTER, STALE_SETTING
from analytics.store import lake, threads
from analytics.store.loading import Loader, prepare
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_LONGEST_MINUTES = 525_600
"""A year."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a page shows: it changes when, and only when, a number could."""

    snapshot: int
    """Newest commit of the store, 0 where there is none."""
    running: int
    """Runs in progress: one that goes stale changes numbers without any commit."""
    opened: int = 0
    """How often a store appeared, or another took its place: their commits are numbered alike."""


def stale_limit() -> timedelta:
    """Return the silence after which an unended run counts as abandoned: half an hour, or as told.

    Raises:
        InputError: the environment says something that is no number of minutes.
    """
    told = os.environ.get(STALE_SETTING)
    if not told:
        return STALE_AFTER
    try:
        minutes = float(told)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= _LONGEST_MINUTES:
        raise InputError(
            f"{STALE_SETTING}={told!r} is no number of minutes above 0 and up to {_LONGEST_MINUTES:,}."
        )
    return timedelta(minutes=minutes)


class Reader:
    """What metrics read of one store, in an in-memory DuckDB that all sessions of a process share."""

    def __init__(
        self, store: Store, *, now: datetime | None = None, stale_after: timedelta | None = None
    ) -> None:
        """Open a store, or wait for it where it has not been made yet.

        Args:
            store: where it stands.
            now: fixed time (UTC, without a zone) for tests; the wall clock where None.
            stale_after: silence after which an unended run counts as abandoned; ``stale_limit()`` where None.

        Raises:
            StoreError: there is a store, and it cannot be read.
        """
        import duckdb

        self.store = store
        self._now = now
        self._stale_after = stale_limit() if stale_after is None else stale_after
        self._lock = RLock()
        self._loader = Loader()
        self._identity = lake.identity(store)
        self._attached = self._identity is not None
        self._opened = 0
        self._con = self._connect() if self._attached else duckdb.connect()
        self._prepare()
        self.poll()

    def poll(self) -> Version:
        """Load what changed since the last poll, and return the version that is now in memory.

        Raises:
            StoreError: the store cannot be reached; what is in memory stays as it was.
        """
        import duckdb

        with self._lock:
            self._follow()
            cursor = self._con.cursor()
            try:
                self._tick(cursor)
                if self._attached and lake.snapshot_id(cursor) != self._loader.snapshot:
                    self._loader.load(cursor)
                else:
                    self._loader.sweep(cursor)
                running, aged = self._running(cursor)
                if aged:
                    self._loader.age(cursor)
                    running, _ = self._running(cursor)
            except duckdb.Error as fault:
                raise StoreError(
                    f"the store in {self.store} cannot be read: {first_line(fault)}."
                ) from fault
            finally:
                cursor.close()
            return Version(
                snapshot=max(self._loader.snapshot, 0),
                running=running,
                opened=self._opened,
            )

    @contextmanager
    def cursor(self) -> Iterator["DuckDBPyConnection"]:
        """Give one query its own cursor: threads share the tables, not the cursor."""
        with self._lock:
            cursor = self._con.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @property
    def now(self) -> datetime:
        """The reader's clock: UTC, without a zone."""
        return self._now or datetime.now(UTC).replace(tzinfo=None)

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            self._con.close()

    def _connect(self) -> "DuckDBPyConnection":
        return lake.connect(self.store, read_only=True)

    def _follow(self) -> None:
        """Open the store where one was made, restored or put in place of another since the last poll."""
        if self._attached and Location.of(self.store).folder is None:
            return  # A database that is gone says so itself.
        there = lake.identity(self.store)
        if there == self._identity:
            return
        if there is None:
            # The deleted file stays readable for who has it open, and would for ever be the newest state.
            raise StoreError(f"the store in {self.store} has been removed.")
        former, self._con = self._con, self._connect()
        former.close()
        self._identity, self._attached = there, True
        self._opened += 1
        self._prepare()

    def _prepare(self) -> None:
        """Make the clock, and what the rows are held in."""
        con = self._con
        threads.suit(con, little=True)
        con.execute("CREATE TABLE clock (now TIMESTAMP, stale_after_s DOUBLE)")
        con.execute(
            "INSERT INTO clock VALUES ($1, $2)", [self.now, self._stale_after.total_seconds()]
        )
        prepare(con, attached=self._attached)
        self._loader = Loader()

    def _tick(self, cursor: "DuckDBPyConnection") -> None:
        cursor.execute("UPDATE clock SET now = $1", [self.now])

    def _running(self, cursor: "DuckDBPyConnection") -> tuple[int, int]:
        """Return how many runs are in progress, and how many the clock has brought into another state."""
        row = cursor.execute(lake.statement("queries", "running")).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)
