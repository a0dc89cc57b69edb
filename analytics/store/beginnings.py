"""Whether what readers of a store begin with is what they would load: two ways to the same rows."""

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from analytics.store import lake
from analytics.store.loading import NOTHING, VIEWS
from analytics.store.location import Store
from analytics.store.reader import Reader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Loaded(Reader):
    """A reader that loads everything, whatever is prepared."""

    def _connect(self) -> "tuple[DuckDBPyConnection, int]":
        return lake.connect(self.store, read_only=True), NOTHING


def differing(store: Store, now: datetime) -> list[str]:
    """Return the views that a reader who begins with what is prepared holds otherwise than one who loads.

    Args:
        store: where it stands.
        now: the clock of both, UTC without a zone.
    """
    with closing(Reader(store, now=now)) as begun, closing(Loaded(store, now=now)) as loaded:
        if begun.poll() != loaded.poll():
            return []  # An import came in between: there is nothing to compare.
        ours, theirs = _fingerprints(begun), _fingerprints(loaded)
    return [name for name in VIEWS if ours[name] != theirs[name]]


def _fingerprints(reader: Reader) -> dict[str, object]:
    """Return of every view how many rows it has, and the sum of their hashes."""
    from duckdb import ColumnExpression, FunctionExpression

    found: dict[str, object] = {}
    with reader.cursor() as con:
        for name in VIEWS:
            rows = con.table(name)
            hashed = FunctionExpression("hash", *map(ColumnExpression, rows.columns))
            found[name] = rows.aggregate(
                [
                    FunctionExpression("count_star"),
                    FunctionExpression("sum", hashed.cast("HUGEINT")),
                ]
            ).fetchone()
    return found
