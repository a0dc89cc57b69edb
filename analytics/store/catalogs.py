"""The two kinds of catalog that a store can have. What is the same for both is in ``lake``."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from analytics.store.folder import FolderCatalog
from analytics.store.holding import Hold
from analytics.store.location import Location
from analytics.store.postgres import PostgresCatalog

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Catalog(Protocol):
    """Finds, makes, opens and locks one store."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """What DuckDB needs to open it."""
        ...

    def exists(self) -> bool:
        """Say whether the store has been made."""
        ...

    def identity(self, con: "DuckDBPyConnection | None" = None) -> object:
        """Return what tells the store from another made in its place; None where there is none.

        Args:
            con: a connection with the store attached as ``lake``, where there is one.
        """
        ...

    def locked(self) -> AbstractContextManager[Hold]:
        """Hold the writer's lock."""
        ...

    def still(self, within_s: float | None = None) -> AbstractContextManager[None]:
        """Keep a transaction's state of the store what it is for as long as the block takes.

        Args:
            within_s: for how long a writer that is at work is waited for; until it has ended where None.

        Raises:
            StoreError: that cannot be done, or not in this time.
        """
        ...

    def frozen(self, con: "DuckDBPyConnection") -> AbstractContextManager[None]:
        """Have a transaction on a connection keep its state of the store, whoever writes.

        Args:
            con: of one who only reads, with the newest state attached as ``lake``, and in no transaction.
        """
        ...

    def make(self, lay_out: "Callable[[DuckDBPyConnection], None]") -> None:
        """Make the store; a crash on the way leaves none.

        Args:
            lay_out: makes the tables in the lake attached to the connection it is given.
        """
        ...

    def attach(
        self,
        con: "DuckDBPyConnection",
        *,
        name: str = "lake",
        read_only: bool,
        snapshot: int | None = None,
    ) -> None:
        """Attach the store to a connection that has none of this name."""
        ...


def catalog(location: Location) -> Catalog:
    """Return the catalog of a store."""
    return FolderCatalog(location) if location.server is None else PostgresCatalog(location)
