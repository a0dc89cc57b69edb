"""How much memory an import may take: little as a rule, more where its texts are huge."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from analytics.errors import StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

USUAL_MB = 450
"""Of an import: what does not fit goes to a temporary folder."""

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
        con.execute("SET memory_limit = $1", [f"{limit}MB"])
        try:
            return work()
        except Exception as fault:
            if not _is_shortage(fault):
                raise
    raise StoreError(
        f"this import needs more than {limit:,} MB of memory; nothing was stored, and the store is as it "
        "was. Import fewer files at once, or on a machine with more memory."
    )


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
