"""What Ctrl-C does while DuckDB is at work: the same as anywhere else."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SAID = "Query interrupted"
"""DuckDB's word for it, as a RuntimeError."""


@contextmanager
def heeded() -> Iterator[None]:
    """Turn DuckDB's word for Ctrl-C back into Python's.

    Raises:
        KeyboardInterrupt: the block was told to stop.
    """
    import duckdb

    try:
        yield
    except duckdb.InterruptException as fault:
        raise KeyboardInterrupt from fault
    except RuntimeError as fault:
        if str(fault) == _SAID:
            raise KeyboardInterrupt from fault
        raise


@contextmanager
def abandoned(con: "DuckDBPyConnection") -> Iterator[None]:
    """Give up what a connection is at, where the block ends by an exception.

    Told to stop, DuckDB leaves its threads at work, and waits for them in the next statement or in
    ``close``: a rollback would take as long as the query that it undoes.
    """
    try:
        yield
    except BaseException:
        con.interrupt()
        raise


@contextmanager
def deferred() -> Iterator[None]:
    """Let Ctrl-C wait for a block in which DuckDB would abort the process.

    That is less than a second, or until the database of a team's store answers or is given up: DuckDB does
    not heed Ctrl-C while it connects to one anyway.

    Raises:
        KeyboardInterrupt: when the block is over, where it was told to stop meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread hears of signals.
        return
    told: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _: told.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
        if told:
            raise KeyboardInterrupt
