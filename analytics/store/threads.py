"""How many threads share a writer's statements: one where there is little to do."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LITTLE_BYTES = 4_000_000
"""Of an input: some 2,000 calls. One thread reads them in a quarter of a second."""

LITTLE_STAGED_BYTES = 1_000_000
"""Of what was staged, which is compressed: some 4,000 calls."""


@contextmanager
def one(con: "DuckDBPyConnection", *, where: bool = True) -> Iterator[None]:
    """Leave the block's statements to one thread.

    DuckDB wakes all of its threads for every step of every statement. Where the steps are short, that
    costs more than they do: a third of the processor time of a small import, more the more threads.

    Args:
        con: all connections to the same database are meant.
        where: whether to, which the size of what is to be done decides.
    """
    import duckdb

    if not where:
        yield
        return
    con.execute("SET threads = 1")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # A fault may have closed it; the next writer has its own.
            con.execute("RESET threads")
