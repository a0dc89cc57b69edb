"""What Ctrl-C does while DuckDB is at work: the same as anywhere else."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SAID = "Query interrupted"
"""DuckDB's word for it, as a RuntimeError."""


_heard = threading.Event()


@contextmanager
def listening() -> Iterator[None]:
    """Remember Ctrl-C for as long as the block takes: DuckDB swallows one now and then.

    Raises:
        KeyboardInterrupt: the block was told to stop, and has not.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # Somebody else listens.
        return

    def hear(number: int, frame: FrameType | None) -> None:
        _heard.set()
        signal.default_int_handler(number, frame)

    _heard.clear()
    signal.signal(signal.SIGINT, hear)
    try:
        yield
        check()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _heard.clear()


def check() -> None:
    """Stop here where Ctrl-C was pressed and swallowed; to be asked before what cannot be taken back.

    Raises:
        KeyboardInterrupt: it was.
    """
    if _heard.is_set() and threading.current_thread() is threading.main_thread():
        _heard.clear()
        raise KeyboardInterrupt


def done() -> None:
    """Take note that what was told to stop has stopped, or is about to clear up."""
    _heard.clear()


def is_one(fault: BaseException | None) -> bool:
    """Say whether a fault is DuckDB's word for Ctrl-C, or comes of it."""
    while fault is not None:
        # DuckDB may not have been loaded, which takes longer than most faults.
        if type(fault).__name__ == "InterruptException" or (
            isinstance(fault, RuntimeError) and str(fault) == _SAID
        ):
            return True
        fault = fault.__cause__
    return False


@contextmanager
def heeded() -> Iterator[None]:
    """Turn DuckDB's word for Ctrl-C back into Python's.

    Raises:
        KeyboardInterrupt: the block was told to stop.
    """
    try:
        yield
    except Exception as fault:
        if is_one(fault):
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
