"""Times and ids."""

import os
from datetime import datetime, timedelta
from time import monotonic_ns, time_ns

_EPOCH = datetime(1970, 1, 1)


class Clock:
    """Tells the time of one run: nothing in it ends before it began, whatever is done to the clock."""

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        """Begin at the machine's time."""
        self._offset = time_ns() - monotonic_ns()

    def now(self) -> int:
        """Return nanoseconds since 1970."""
        return self._offset + monotonic_ns()


def moment(nanoseconds: int) -> str:
    """Return a time as text, to the microsecond.

    >>> moment(1_700_000_000_123_456_789)
    '2023-11-14T22:13:20.123456Z'
    """
    at = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return f"{at.isoformat(timespec='microseconds')}Z"


def new_id() -> str:
    """Return an id that sorts by time and that nobody else makes (a UUID of version 7)."""
    number = (time_ns() // 1_000_000 & (1 << 48) - 1) << 80
    number |= int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
