"""Says that the disk is full where it is, whoever met it first: Python, DuckDB or SQLite."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.errors import UNFINISHED, StoreError

_NONE_LEFT = 1_000_000
"""SQLite says only that it cannot write. With less than this left, that is why."""

_SAID = ("no space left", "disk is full", "quota exceeded")
_VAGUE = ("disk i/o error", "could not write", "unable to open database")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn any fault that a full disk caused into one sentence.

    Args:
        folder: where is written.

    Raises:
        StoreError: the disk is full; what was not finished was not stored.
    """
    try:
        yield
    except Exception as fault:
        if not _is_full(fault, folder):
            raise
        raise StoreError(
            f"the disk of {folder} is full; {UNFINISHED}. Make room "
            "(patchpilot prune removes old runs), then do the same again."
        ) from fault


def _is_full(fault: BaseException, folder: Path) -> bool:
    each: BaseException | None = fault
    while each is not None:
        text = str(each).lower()
        if getattr(each, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        if any(words in text for words in _SAID):
            return True
        if any(words in text for words in _VAGUE) and _free(folder) < _NONE_LEFT:
            return True
        each = each.__cause__ or each.__context__
    return False


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _NONE_LEFT
