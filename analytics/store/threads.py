"""How many threads share the statements of a process: one where there is little to do."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LITTLE_BYTES = 4_000_000
"""Of an input: some 2,000 calls. One thread reads them in a quarter of a second."""


def suit(con: "DuckDBPyConnection", *, little: bool) -> None:
    """Leave the statements that follow to one thread where there is little to do, else share them out.

    DuckDB wakes all of its threads for every step of every statement. Where the steps are short, that
    costs more than they do: a third of the processor time of a small import.

    Args:
        con: all connections to the same database are meant.
        little: whether the data is so little that the number of statements is what takes time.
    """
    con.execute("SET threads = 1" if little else "RESET threads")


@contextmanager
def every(con: "DuckDBPyConnection") -> Iterator[None]:
    """Share the block's statements out to all threads, whatever those around it are left to."""
    import duckdb

    con.execute("SET VARIABLE threads = current_setting('threads')")
    con.execute("RESET threads")
    try:
        yield
    finally:
        with suppress(
            duckdb.Error
        ):  # A fault within the block may have closed it, or its transaction.
            con.execute("SET threads = getvariable('threads')")


@contextmanager
def one_within(con: "DuckDBPyConnection") -> Iterator[None]:
    """Leave the block's statements to the caller's thread, whatever those around it are shared out to.

    A thread that waits for what another one does last keeps asking whether it is done: where a statement
    reads few row groups, that takes as much processor time as the work itself.
    """
    import duckdb

    con.execute("SET VARIABLE threads_around = current_setting('threads')")
    con.execute("SET threads = 1")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # As above.
            con.execute("SET threads = getvariable('threads_around')")
