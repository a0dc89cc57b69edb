"""Says that the disk is full where it is, whoever met it first: Python, DuckDB or SQLite."""

import errno
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from analytics.errors import UNFINISHED, StoreError
from analytics.store.location import Location

_NONE_LEFT = 1_000_000
"""SQLite says only that it cannot write. With less than this left, that is why."""

_SAID = ("no space left", "disk is full", "quota exceeded")
_VAGUE = ("disk i/o error", "could not write", "unable to open database")


@contextmanager
def explained(location: Location) -> Iterator[None]:
    """Turn any fault that a full disk caused into one sentence.

    Args:
        location: the store that is written to.

    Raises:
        StoreError: the disk is full; what was not finished was not stored.
    """
    try:
        yield
    except Exception as fault:
        ways = _ways_out(location)
        told = list(_chain(fault))
        if not any(_is_full(each, ways) for each in told):
            raise
        folder = _meant(" ".join(map(str, told)), ways)
        raise StoreError(
            f"the disk of {folder} is full; {UNFINISHED}. Make room ({ways[folder]}), then do the same again."
        ) from fault


def _ways_out(location: Location) -> dict[Path, str]:
    """Return the folders of this machine that a writer fills, and what helps where one is full."""
    ways: dict[Path, str] = {}
    if location.tmp is None:
        ways[Path(gettempdir())] = "or name another folder in TMPDIR"
    if not location.is_bucket:
        ways[Path(location.data)] = "patchpilot prune removes old runs"
    return ways


def _meant(said: str, folders: Collection[Path]) -> Path:
    """Return the folder that a fault names, else the one with the least room."""
    named = [folder for folder in folders if str(folder) in said]
    return max(named, key=lambda folder: len(str(folder))) if named else min(folders, key=_free)


def _chain(fault: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = fault
    while each is not None:
        yield each
        each = each.__cause__ or each.__context__


def _is_full(fault: BaseException, folders: Collection[Path]) -> bool:
    text = str(fault).lower()
    return (
        getattr(fault, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        or any(words in text for words in _SAID)
        or (any(words in text for words in _VAGUE) and min(map(_free, folders)) < _NONE_LEFT)
    )


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _NONE_LEFT
