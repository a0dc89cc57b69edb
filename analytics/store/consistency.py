"""Reads a store while others write to it: what a commit came into is read again, or keeps it waiting.

A transaction does not keep its state of a store with an SQLite catalog: a commit beside it gives it rows that
had been replaced long before, and the joining of files takes rows from it. The next transaction is right.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from analytics.errors import StoreError
from analytics.store import lake
from analytics.store.catalogs import catalog
from analytics.store.location import Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOKS = 20
"""A look takes less than an import: one that is overtaken so often is no accident."""

_is_kept: ContextVar[bool] = ContextVar("is_kept", default=False)
"""Whether a transaction keeps its state of the store, whoever writes."""

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
    """
    if _is_kept.get():
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


def again(work: Callable[_Given, _Found], looks: int = LOOKS) -> Callable[_Given, _Found]:
    """Let a function read once more where the store was written to meanwhile, as often as is no accident."""

    @wraps(work)
    def repeated(*given: _Given.args, **named: _Given.kwargs) -> _Found:
        for _ in range(looks - 1):
            with suppress(OvertakenError):
                return work(*given, **named)
        return work(*given, **named)

    return repeated


@contextmanager
def frozen(store: Store, con: "DuckDBPyConnection") -> Iterator[None]:
    """Give transactions one state of a store for as long as the block takes. Nobody waits for anybody.

    Args:
        store: where it stands.
        con: a connection that nobody else reads the store with; afterwards it has the newest state again.

    Raises:
        StoreError: the catalog cannot be copied.
    """
    with catalog(Location.of(store)).frozen(con):
        token = _is_kept.set(True)
        try:
            yield
        finally:
            _is_kept.reset(token)


@contextmanager
def still(store: Store) -> Iterator[bool]:
    """Give one state to a transaction for as long as the block takes, where it reads too long to read again.

    Writers to a folder wait meanwhile.

    Yields:
        Whether the state is kept: who may not write to a folder can keep nobody from it.
    """
    with ExitStack() as held:
        is_kept = False
        with suppress(StoreError):
            held.enter_context(catalog(Location.of(store)).still())
            is_kept = True
        yield is_kept
