"""How much memory an import may take: little as a rule, more where its texts are huge."""

import os
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from analytics.errors import StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

USUAL_MB = 450
"""Of an import: what does not fit goes to a temporary folder."""

_MUCH_MB = 300
_MORE_MB = 2_000
_MOST_SHARE = 0.6
"""Of the machine's memory: a few texts of many megabytes must fit at once."""


def enough(con: "DuckDBPyConnection", work: Callable[[], T]) -> T:
    """Do something, and do it again with more memory where it was not enough.

    Args:
        con: the writer's connection.
        work: leaves nothing behind where it fails.

    Raises:
        StoreError: it does not fit into this machine.
    """
    limit = USUAL_MB
    for limit in _limits():
        allow(con, limit)
        try:
            return work()
        except Exception as fault:
            if not _is_shortage(fault):
                raise
    raise StoreError(
        f"this import needs more than {limit:,} MB of memory; nothing was stored, and the store is as it "
        "was. Import fewer files at once, or on a machine with more memory."
    )


def allow(con: "DuckDBPyConnection", limit_mb: int) -> None:
    """Set how much memory a connection may take."""
    con.execute("SET VARIABLE memory_limit = $1", [f"{limit_mb}MB"])
    con.execute("SET memory_limit = getvariable('memory_limit')")


def give_back(con: "DuckDBPyConnection", from_mb: int = _MUCH_MB) -> None:
    """Return to the system what the last statements let go of; the next one's would come on top of it.

    DuckDB keeps hundreds of megabytes that it freed, outside of its limit, until the limit is set.

    Args:
        con: a connection.
        from_mb: how much the process takes up from which on it is done: small imports are quicker without.
    """
    if _resident_mb() < from_mb:
        return
    con.execute(
        "SET memory_limit = coalesce(getvariable('memory_limit'), current_setting('memory_limit'))"
    )


def _resident_mb() -> float:
    """Return what this process takes up of the machine's memory; infinitely much where it cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return inf
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _limits() -> Iterator[int]:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    most = int(whole * _MOST_SHARE)
    yield USUAL_MB
    yield from (limit for limit in (_MORE_MB, most) if USUAL_MB < limit <= most)


def _is_shortage(fault: BaseException) -> bool:
    import duckdb

    each: BaseException | None = fault
    while each is not None:
        if isinstance(each, duckdb.OutOfMemoryException):
            return True
        each = each.__cause__
    return False
