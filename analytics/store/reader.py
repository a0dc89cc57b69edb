"""What one process keeps in memory of a store: the tables and views that metrics read.

A reader never blocks a writer. Where the store cannot be reached, it keeps the version that it has.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from analytics.errors import InputError, StoreError, first_line
from analytics.schema import STALE_AFTER, STALE_SETTING
from analytics.store import consistency, lake, prepared, threads
from analytics.store.loading import NOTHING, Loader, prepare, set_clock
from analytics.store.location import Store

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


@dataclass(frozen=True, kw_only=True)
class _Memory:
    """What is held of one store that stood, or did not stand, in the reader's place."""

    con: "DuckDBPyConnection"
    loader: Loader
    identity: object
    """Which store it is; None where there was none."""
    opened: int


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
        self.store = store
        self._now = now
        self._stale_after = stale_limit() if stale_after is None else stale_after
        self._loading = Lock()
        """Held by who brings something into memory."""
        self._turn = Lock()
        """Held for no longer than it takes to look at what is in memory, or to put another in its place."""
        self._memory = self._open(lake.identity(store), opened=0)
        self._version: Version | None = None
        try:
            self.poll()
        except BaseException:
            self.close()
            raise

    def poll(self) -> Version:
        """Load what changed since the last poll, and return the version that is now in memory.

        While another thread loads, that is the version of before: nobody waits for what somebody else brings.

        Raises:
            StoreError: the store cannot be reached; what is in memory stays as it was.
        """
        known = self._version
        if not self._loading.acquire(blocking=known is None):
            assert known is not None
            return known
        try:
            self._version = self._newest()
            return self._version
        finally:
            self._loading.release()

    @contextmanager
    def cursor(self) -> Iterator["DuckDBPyConnection"]:
        """Give one query its own cursor: threads share the tables, not the cursor.

        It waits for no load, and sees what was in memory before, or all that the load has brought.
        """
        with self._turn:
            cursor = self._memory.con.cursor()
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
        with self._turn:
            self._memory.con.close()

    def _connect(self) -> "tuple[DuckDBPyConnection, int]":
        """Open the store; return the connection, and the commit that it holds already."""
        ready = prepared.open_copy(self.store)
        return ready or (lake.connect(self.store, read_only=True), NOTHING)

    def _newest(self) -> Version:
        import duckdb

        replaced = self._replaced()
        memory = replaced or self._memory
        try:
            try:
                running = self._bring(memory)
            except consistency.OvertakenError:
                if self._version is not None and not replaced:
                    raise
                # Nobody reads from this memory yet: what it is filled from may change its place.
                with consistency.frozen(self.store, memory.con):
                    running = self._bring(memory)
        except BaseException as fault:
            if replaced:
                replaced.con.close()
            if isinstance(fault, duckdb.Error):
                raise StoreError(
                    f"the store in {self.store} cannot be read: {first_line(fault)}; patchpilot doctor "
                    "--deep says which of its files is at fault, and what can be done."
                ) from fault
            raise
        if replaced:
            with self._turn:
                former, self._memory = self._memory, replaced
            former.con.close()
        return Version(
            snapshot=max(memory.loader.snapshot, 0), running=running, opened=memory.opened
        )

    def _bring(self, memory: _Memory) -> int:
        """Bring a memory up to date with store and clock, and return how many runs are in progress."""
        with memory.con.cursor() as cursor:
            set_clock(cursor, self.now, self._stale_after)
            if memory.identity is not None and lake.snapshot_id(cursor) != memory.loader.snapshot:
                memory.loader.load(cursor)
            else:
                memory.loader.sweep(cursor)
            running, aged = _running(cursor)
            if aged:
                memory.loader.age(cursor)
                running, _ = _running(cursor)
            return running

    def _replaced(self) -> _Memory | None:
        """Open the store where one was made, restored or put in place of another since the last poll."""
        memory = self._memory
        with memory.con.cursor() as cursor:
            there = lake.identity(self.store, None if memory.identity is None else cursor)
        if there == memory.identity:
            return None
        if there is None:
            # The deleted file stays readable for who has it open, and would for ever be the newest state.
            raise StoreError(f"the store in {self.store} has been removed.")
        return self._open(there, memory.opened + 1)

    def _open(self, identity: object, opened: int) -> _Memory:
        """Open a store, or nothing where there is none, and make what rows are held in."""
        import duckdb

        con, held = (duckdb.connect(), NOTHING) if identity is None else self._connect()
        threads.suit(con, little=held == NOTHING)
        if held == NOTHING:
            prepare(con, attached=identity is not None)
        set_clock(con, self.now, self._stale_after)
        return _Memory(con=con, loader=Loader(held), identity=identity, opened=opened)


def _running(cursor: "DuckDBPyConnection") -> tuple[int, int]:
    """Return how many runs are in progress, and how many the clock has brought into another state."""
    row = cursor.execute(lake.statement("queries", "running")).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
