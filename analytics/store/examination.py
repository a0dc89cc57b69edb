"""What an examination of a store is made of: the store that is examined, its checks, the faults they find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.store import catalog_file, lake
from analytics.store.location import CATALOG, Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with a store."""

    check: str
    """Name of the check that found it."""
    sentence: str
    mend: Callable[[], str] | None = None
    """Mends it and says what was done; None where only its user can."""


@dataclass
class Patient:
    """A store that is being examined."""

    store: Store
    now: datetime
    """UTC, without a zone."""
    deep: bool = False
    """Whether to look at every row instead of a sample."""
    listed: list[catalog_file.Listed] = field(default_factory=list)
    _con: "DuckDBPyConnection | None" = None

    @property
    def location(self) -> Location:
        """Where the store stands."""
        return Location.of(self.store)

    @property
    def folder(self) -> Path:
        """The folder that the store is; checks that use it are left out for a team's store."""
        folder = self.location.folder
        assert folder is not None
        return folder

    @property
    def catalog(self) -> Path:
        """The file of the catalog."""
        return self.folder / CATALOG

    @property
    def is_open(self) -> bool:
        """Whether ``con`` can be asked."""
        return self._con is not None

    @property
    def con(self) -> "DuckDBPyConnection":
        """The open store."""
        assert self._con is not None
        return self._con

    def open(self) -> None:
        """Open the store.

        Raises:
            StoreError: it does not open, or is of another layout.
        """
        self._con = lake.connect(self.store, read_only=True)

    def close(self) -> None:
        """Let go of the store."""
        if self._con is not None:
            self._con.close()
            self._con = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One kind of fault."""

    name: str
    looks_at: str
    find: Callable[[Patient], Iterator[Fault]]
    of_folder: bool = False
    """Whether only a store that is one folder can have it."""
    stops: bool = False
    """Whether nothing after it can be looked at where it has found something."""
