"""The writer's lock while it is held, and whether it still is: a database can take it back at any time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The writer's lock of one store, held."""

    died: bool = False
    """Whether the writer before this one was cut off."""
    check: Callable[[], None] = lambda: None
    """Raises a StoreError where the lock is lost."""


_holds: "WeakKeyDictionary[DuckDBPyConnection, Hold]" = WeakKeyDictionary()


def note(con: "DuckDBPyConnection", hold: Hold) -> None:
    """Write down which lock lets a connection write."""
    _holds[con] = hold


def check(con: "DuckDBPyConnection") -> None:
    """Make sure, before something that cannot be undone, that nobody else may write.

    Args:
        con: a connection to a store; one that is not of ``lake.writer`` has no lock to lose.

    Raises:
        StoreError: the lock is lost.
    """
    if con in _holds:
        _holds[con].check()
