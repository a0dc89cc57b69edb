"""A copy of the views for SQL that somebody typed: it can read them, and nothing else on this machine.

Each question is answered by a process of its own (``analytics.store.answering``), which the kernel holds to
its limits and which is ended when the time is up: whatever a question does, the pages go on.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Event, Timer
from typing import TYPE_CHECKING, Any
from weakref import finalize

from analytics.errors import InputError, StoreError, first_line
from analytics.schema import ROLLUPS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from polars import DataFrame

TABLES = tuple(table.name for table in ROLLUPS)
"""What can be asked: the views that metrics read, as tables."""

ANSWER_WITHIN_S = 10.0
"""Counted from when the process that answers is there."""

MEMORY_MB = 512
"""Of one question, beside what a process takes that does nothing. DuckDB counts half of it at most."""

MOST_ROWS = 1_000
LONGEST = 20_000
"""Characters of a question."""

TOGETHER = 2
"""Questions that are answered at the same time, whoever asks: so much memory, and no more."""

_TURN_WITHIN_S = 30.0
_START_WITHIN_S = 60.0
_ROWS_TOGETHER = 20_000
"""Of the copy: what DuckDB holds of a hundred columns until it writes them."""

_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "LANG", "TZ")
"""Of the environment; passwords and keys stand there as well."""

_ANSWERING = str(Path(__file__).with_name("answering.py"))
_turns = BoundedSemaphore(TOGETHER)


class Sandbox:
    """The views of one moment, to be asked by anybody, by several at once."""

    def __init__(self, con: "DuckDBPyConnection") -> None:
        """Copy the views, to files that have no name and are gone with this process.

        Args:
            con: a connection with the views.

        Raises:
            StoreError: the views cannot be read, or not be copied.
        """
        import duckdb

        self._files: dict[str, int] = {}
        self._let_go = finalize(self, _close, self._files)
        try:
            with TemporaryDirectory(prefix="patchpilot-sql-") as folder:
                for name in TABLES:
                    file = str(Path(folder) / name)
                    con.table(name).write_parquet(file, row_group_size=_ROWS_TOGETHER)
                    self._files[name] = os.open(file, os.O_RDONLY)
        except (duckdb.Error, OSError) as fault:
            self.close()
            raise StoreError(f"the views cannot be copied: {first_line(fault)}.") from fault

    def ask(self, sql: str) -> "tuple[DataFrame, bool]":
        """Return the first rows of one SELECT, and whether there are more.

        Raises:
            InputError: not one SELECT, a mistake in it, or no answer within the limits.
            StoreError: the process that answers cannot be started.
        """
        if len(sql) > LONGEST:
            raise InputError(
                f"the question has {len(sql):,} characters, and {LONGEST:,} is the most; nothing was run."
            )
        if not _turns.acquire(timeout=_TURN_WITHIN_S):
            raise InputError(
                f"{TOGETHER} other questions are being answered; nothing was run. Ask again."
            )
        try:
            said = self._hear(sql)
        finally:
            _turns.release()
        head, _, rows = said.partition(b"\n")
        told = json.loads(head)
        if "fault" in told:
            raise InputError(told["fault"])
        return _frame(rows), told["more"]

    def close(self) -> None:
        """Let go of the copy."""
        self._let_go()

    def _hear(self, sql: str) -> bytes:
        """Return what a process says to a question; it is not there any more then."""
        asked: dict[str, Any] = {
            "sql": sql.encode("utf-8", "replace").decode("utf-8"),
            "tables": self._files,
            "most_rows": MOST_ROWS,
            "most_bytes": MEMORY_MB * 2**20,
            "seconds": ANSWER_WITHIN_S,
        }
        try:
            child = Popen(
                # Its own folder is none to import from: it holds names of the standard library.
                [sys.executable, "-P", _ANSWERING],
                stdin=PIPE,
                stdout=PIPE,
                bufsize=0,
                pass_fds=tuple(self._files.values()),
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
                start_new_session=True,
            )
        except OSError as fault:
            raise StoreError(
                f"no process can be started to answer SQL: {first_line(fault)}."
            ) from fault
        with child:
            assert child.stdin
            assert child.stdout
            try:
                began = b""
                with _ended_after(_START_WITHIN_S, child), suppress(BrokenPipeError):
                    child.stdin.write(json.dumps(asked).encode() + b"\n")
                    began = child.stdout.read(1)
                if not began:
                    raise StoreError("the process that answers SQL does not start; see the log.")
                # Its standard input stays open until it has answered: that keeps it alive.
                with _ended_after(ANSWER_WITHIN_S, child) as is_late:
                    said = child.stdout.read()
                    child.wait()
            finally:
                child.kill()
        if child.returncode == 0:
            return said
        limit = f"{ANSWER_WITHIN_S:g} s" if is_late.is_set() else "the memory that it may take"
        raise InputError(f"no answer within {limit}; the query was stopped.")


@contextmanager
def _ended_after(seconds: float, child: "Popen[bytes]") -> Iterator[Event]:
    """End a process where the block takes longer; gives what then says that it did."""
    is_late = Event()

    def end() -> None:
        is_late.set()
        child.kill()

    clock = Timer(seconds, end)
    clock.start()
    try:
        yield is_late
    finally:
        clock.cancel()


def _frame(stream: bytes) -> "DataFrame":
    """Return rows as a frame; columns of the same name get a number."""
    import polars
    import pyarrow

    rows = pyarrow.ipc.open_stream(stream).read_all()
    names: dict[str, None] = {}
    for name in rows.column_names:
        number, free = 0, name
        while free in names:
            number, free = number + 1, f"{name}_{number + 1}"
        names[free] = None
    try:
        frame = polars.from_arrow(rows.rename_columns(list(names)))
    except polars.exceptions.PolarsError as fault:
        raise InputError(
            "the answer has a column that cannot be shown: cast intervals and unions to VARCHAR."
        ) from fault
    assert isinstance(frame, polars.DataFrame)
    return frame


def _close(files: dict[str, int]) -> None:
    for number in files.values():
        os.close(number)
    files.clear()
