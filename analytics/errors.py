"""Errors a user can act on. Owns their wording's shape; prints and exits nothing."""

from collections.abc import Iterable
from difflib import get_close_matches

UNFINISHED = "what was not finished was not stored"
"""What is true of a store whenever something was cut off: before a commit, and after one."""


class AnalyticsError(Exception):
    """A fault of input or surroundings, told in one sentence: what, where, what to do."""


class InputError(AnalyticsError):
    """A file, a folder or an argument that cannot be used."""


class StoreError(AnalyticsError):
    """The store cannot be opened, read or written."""


class RemoteError(AnalyticsError):
    """A trace server did not answer as it should."""


class UnknownNameError(InputError):
    """A name that is not among the valid ones."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        """Say the valid names and the nearest one.

        Args:
            kind: what was named, in the singular ("metric", "format").
            name: what the user wrote.
            valid: every name that would have been right.
        """
        names = sorted(valid)
        near = nearest(name, names)
        hint = f" Did you mean {near!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}.{hint} Valid: {', '.join(names) or 'none'}.")


def first_line(fault: BaseException) -> str:
    r"""Return the first line of what a fault says, to stand in a sentence: without its full stop.

    >>> first_line(OSError("No such file.\nLook elsewhere."))
    'No such file'
    >>> first_line(OSError())
    'OSError'
    """
    said = str(fault).strip() or type(fault).__name__
    return said.splitlines()[0].rstrip(".")


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name closest to what was written, or None where none is close.

    >>> nearest("pas_rate", ["pass_rate", "fix_time"])
    'pass_rate'
    >>> nearest("zzz", ["pass_rate"]) is None
    True
    """
    close = get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return close[0] if close else None
