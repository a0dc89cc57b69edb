"""How many threads DuckDB works with: one where there is little to share out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def one(con: "DuckDBPyConnection") -> Iterator[None]:
    """Have everything within the block done on the caller's thread.

    A thread that waits for what another one does last keeps asking whether it is done: with few row groups
    that takes as much processor time as the work itself, and saves little of the user's.
    """
    con.execute("SET VARIABLE threads = current_setting('threads')")
    con.execute("SET threads = 1")
    try:
        yield
    finally:
        con.execute("SET threads = getvariable('threads')")
