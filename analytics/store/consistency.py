"""Reads a store while others write to it: what a commit came into is read again, or keeps it waiting.

A transaction does not keep its state of a store with an SQLite catalog: a commit beside it gives it rows that
had been replaced long before, and the joining of files takes rows from it. The next transaction is right.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

from analytics.errors import StoreError
from analytics.store import lake
from analytics.store.catalogs import catalog
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOKS = 20
"""A look takes less than an import: one that is overtaken so often is no accident."""

_reading: ContextVar[Literal["heeded", "kept"] | None] = ContextVar("reading", default=None)
"""Who reads: one who heeds what comes in between, or one beside whom nothing does; None where nobody said."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


class OvertakenError(StoreError):
    """The store was written to while it was read."""


@contextmanager
def unchanged(con: "DuckDBPyConnection") -> Iterator[None]:
    """Refuse what the block has read where the store was written to meanwhile. See ``again``.

    Args:
        con: a connection to the newest state of the store.

    Raises:
        OvertakenError: at the end of the block.
        RuntimeError: nobody is there to read again.
    """
    if _reading.get() is None:
        raise RuntimeError("who reads a store's files is called consistency.again")
    if _reading.get() == "kept":
        yield
        return
    begun = lake.snapshot_id(con)
    yield
    # A connection of its own: one in a transaction goes on seeing the number of that.
    with con.cursor() as other:
        if lake.snapshot_id(other) != begun:
            raise OvertakenError(
                "the store changes faster than it can be read; the next look tries again."
            )


def again(work: Callable[_Given, _Found], looks: int | None = None) -> Callable[_Given, _Found]:
    """Let a function read once more where the store was written to meanwhile, as often as is no accident."""

    @wraps(work)
    def repeated(*given: _Given.args, **named: _Given.kwargs) -> _Found:
        with heeded():
            for _ in range((looks or LOOKS) - 1):
                with suppress(OvertakenError):
                    return work(*given, **named)
            return work(*given, **named)

    return repeated


@contextmanager
def heeded() -> Iterator[None]:
    """Let a block read beside commits whose caller sees by itself to what is overtaken. ``again`` is one."""
    token = _reading.set(_reading.get() or "heeded")
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def frozen(store: Store, con: "DuckDBPyConnection") -> Iterator[None]:
    """Give transactions one state of a store for as long as the block takes. Nobody waits for anybody.

    Args:
        store: where it stands.
        con: a connection that nobody else reads the store with; afterwards it has the newest state again.

    Raises:
        StoreError: the catalog cannot be copied.
    """
    with catalog(Location.of(store)).frozen(con), _kept():
        yield


@contextmanager
def still(store: Store, *, within_s: float | None = None) -> Iterator[bool]:
    """Give one state to a transaction for as long as the block takes, where it reads too long to read again.

    Writers to a folder wait meanwhile.

    Args:
        store: where it stands.
        within_s: for how long a writer at work, which may be this very process, is waited for; to its end
            where None.

    Yields:
        Whether the state is kept: who may not write to a folder can keep nobody from it.
    """
    with ExitStack() as held:
        is_kept = False
        with suppress(StoreError):
            held.enter_context(catalog(Location.of(store)).still(within_s))
            held.enter_context(_kept())
            is_kept = True
        yield is_kept


@contextmanager
def _kept() -> Iterator[None]:
    token = _reading.set("kept")
    try:
        yield
    finally:
        _reading.reset(token)
